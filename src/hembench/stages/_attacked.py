"""What became of the images of one attack: which of them count, shares of each outcome, and doubts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hembench.attacks._result import UNFOOLED, WRONG_BEFORE
from hembench.store.content import read_arrays, read_json

DROPPED_SUFFIX = "_attacked"
"""Ends the names of metrics over those images alone that were right before: another denominator, another name."""


def counted(folder: Path, drops_wrong: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return logits float32 (n, C) after the attack, and labels (n,), of the images that metrics are taken over.

    Args:
        folder: of the attack's result.
        drops_wrong: leave out what was wrong before and so was not attacked; else its clean logits count.
    """
    attacked = read_arrays(folder / "attack.npz")
    kept = attacked["fooled_by"] != WRONG_BEFORE if drops_wrong else np.ones(len(attacked["labels"]), dtype=bool)
    return attacked["logits"][kept], attacked["labels"][kept]


def outcomes(name: str, folder: Path, black_box: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of an attack that no metric gives; the first three add up to 1.

    ``fooled_share``, ``unfooled_share`` (the robust accuracy of AutoAttack's authors) and ``wrong_before_share``:
    over all images. ``black_box_share``: over all images, those that a part which sees logits alone flipped after
    the parts that follow gradients had failed; the authors' tool warns above 0.002. The attack's flags
    (``zero_gradient_share``, ``unconfirmed_share`` ...): over the images that were right before. NaN for a network
    that diverged, as its metrics are.

    Args:
        name: the set's label, attack and norm.
        folder: of the attack's result.
        black_box: names of the attack's parts that see logits alone.
    """
    attacked, told = read_arrays(folder / "attack.npz"), read_json(folder / "attack.json")
    fooled_by = attacked["fooled_by"]
    finite = bool(np.isfinite(attacked["clean_logits"]).all())
    seen = {
        "fooled_share": fooled_by >= 0,
        "unfooled_share": fooled_by == UNFOOLED,
        "wrong_before_share": fooled_by == WRONG_BEFORE,
    }
    if black_box:
        seen["black_box_share"] = np.isin(fooled_by, [told["attacks"].index(part) for part in black_box])
    right = int((fooled_by != WRONG_BEFORE).sum())
    shares = {share: (float(np.mean(images)), len(images)) for share, images in seen.items()}
    shares |= {flag: (value if right else float("nan"), right) for flag, value in told["flags"].items()}
    place = {"kind": "attack", "set": name, "severity": 0, "score": ""}
    for share, (value, n) in shares.items():
        yield {**place, "metric": share, "value": value if finite else float("nan"), "n": n}
