"""train: one cell whose loss was first learnt from data. Reads what was derived beside the training set."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hembench.stages import train
from hembench.store.content import read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1
"""Number of the folder's layout: that of train."""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Train as the stage train does, with the matrix of the role "derived" as an option of the loss."""
    matrix = read_arrays(inputs.folders["derived"] / "similarity.npz")["matrix"]
    loss = partial(inputs.plugins["loss"], matrix=matrix)
    given = {name: value for name, value in options["loss"]["options"].items() if name != "matrix"}
    learnt = {**options, "loss": {**options["loss"], "options": given}}
    return train.compute(replace(inputs, plugins={**inputs.plugins, "loss": loss}), learnt)
