"""The studies that are run and planned, and a copy of the project to run and plan them in."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from mutants.variants import RECIPES, VARIANTS, varied

_SHAPES = {"0": (2, 3, 3, 3), "2": (2, 2, 3, 3), "4": (2, 2, 3, 3), "6": (2, 2, 3, 3)}
ENCODER = save(
    {f"{number}.weight": np.full(shape, 0.1, np.float32) for number, shape in _SHAPES.items()}
    | {f"{number}.bias": np.zeros(2, np.float32) for number in _SHAPES}
)
"""Weights that the encoder of ``fcn_encoded`` with two channels begins with, as safetensors."""

_FOLDER = Path(__file__).parent
STUDY = (_FOLDER / "tiny.yaml").read_text(encoding="utf-8").replace("SHA256", hashlib.sha256(ENCODER).hexdigest())
ONE_CELL = (_FOLDER / "one_cell.yaml").read_text(encoding="utf-8")


def copied(project: Path, root: Path) -> Path:
    """Copy what planning and making results need, with variants of plug-ins and recipes."""
    ignored = shutil.ignore_patterns("__pycache__")
    package = root / "src" / "hembench"
    shutil.copytree(project / "src" / "hembench", package, ignore=ignored)
    shutil.copytree(project / "config" / "recipes", root / "config" / "recipes")
    for variant in VARIANTS:
        source = project / "src" / "hembench" / variant.kind / f"{variant.of}.py"
        text = varied(source.read_text(encoding="utf-8"), variant.edits)
        (package / variant.kind / f"{variant.name}.py").write_text(text, encoding="utf-8")
    for name, edits in RECIPES.items():
        path = root / "config" / "recipes" / f"{name}.yaml"
        path.write_text(varied(path.read_text(encoding="utf-8"), edits), encoding="utf-8")
    (root / "data" / "encoders").mkdir(parents=True)
    (root / "data" / "encoders" / "tiny.safetensors").write_bytes(ENCODER)
    return root
