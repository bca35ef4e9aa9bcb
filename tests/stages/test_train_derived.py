from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hembench.sets import arrays as arrays_set
from hembench.stages import train_derived
from hembench.stages.api import Inputs
from hembench.store.content import arrays


def test_the_loss_is_built_with_what_was_derived(tmp_path: Path) -> None:
    arrays(images=np.zeros((1, 1, 2, 2), np.uint8), labels=np.zeros(1, np.int64), counts=np.ones(1, np.int64))(
        tmp_path / "set.npz"
    )
    arrays(matrix=np.array([[0.0, 1.0], [1.0, 0.0]]))(tmp_path / "similarity.npz")
    built: list[dict[str, Any]] = []

    def build(num_classes: int, counts: list[int], **options: Any) -> None:
        built.append({"num_classes": num_classes, **options})

    def task(images: Any, labels: Any, counts: Any, options: dict[str, Any], parts: Any, *more: Any) -> Any:
        parts["loss"](2, [1, 0], **options["loss"]["options"])
        return {}, {}

    inputs = Inputs(
        folders={"train": tmp_path, "derived": tmp_path},
        plugins={"read_set": arrays_set.read, "loss": build, "task": task},
    )
    options = {"loss": {"name": "class_similarity", "options": {"matrix": None, "weight": 0.1}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hembench.stages.train.weights", lambda state: state)
        train_derived.compute(inputs, options)
    (found,) = built
    assert found.pop("matrix").tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert found == {"num_classes": 2, "weight": 0.1}
    assert options["loss"]["options"]["matrix"] is None, "what was hashed stays as it is"
