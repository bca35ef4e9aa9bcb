"""An edit of code makes stale exactly the results that can execute it, and what follows from them.

The tiny study has two networks, two losses and two seeds; its results all exist before each edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from conftest import Project

REPORT = ("report/*", "publish")
PAGES = ("table/*", "figure/*", *REPORT)
NUMBERS = ("evaluate/*", *PAGES)
NETWORKS = ("train/*", "predict/*", "attack/*", *NUMBERS)


def cells(pattern: str) -> tuple[str, ...]:
    """Return patterns of the trainings of some cells, and of what is measured on them."""
    return f"train/{pattern}", f"predict/{pattern}-main", f"attack/{pattern}-autoattack_paper-Linf"


class Edit(NamedTuple):
    """An edit of a file of the package, and patterns of the results that it makes stale."""

    file: str
    old: str  # text, or the name of a function where nothing replaces it
    new: str | None
    stale: tuple[str, ...]


EDITS = {
    # a plug-in: the cells with it, then all that compares them
    "a loss": Edit("losses/hem.py", "HighErrorMargin.compute", None, (*cells("*-hem-s?"), *NUMBERS)),
    "a network": Edit("networks/mlp.py", "build", None, (*cells("*-mlp_tiny-*"), "evaluate/*-mlp_tiny-*", *PAGES)),
    "the attack": Edit("attacks/autoattack_paper.py", "attack", None, ("attack/*", *NUMBERS)),
    "an OOD set": Edit("ood/uniform.py", "generate", None, ("prepare/digits-ood-*", "predict/*", *NUMBERS)),
    "a corruption": Edit("corruptions/noise.py", "corrupt", None, ("prepare/*-noise", "predict/*", *NUMBERS)),
    "a score": Edit("scores/msp.py", "msp", None, NUMBERS),
    "a metric": Edit("metrics/auroc.py", "auroc", None, NUMBERS),
    "a metric's constant": Edit("metrics/auroc.py", "SCORES = None", 'SCORES = ("msp",)', NUMBERS),
    "a table": Edit("tables/ood.py", 'TITLE = "', 'TITLE = "New: ', ("table/tiny-ood", *REPORT)),
    "a figure": Edit("figures/summary.py", "draw", None, ("figure/tiny-summary", *REPORT)),
    # a stage, its task and engine
    "the page": Edit("report/page.py", "render", None, REPORT),
    "a stage": Edit("stages/predict.py", "compute", None, ("predict/*", *NUMBERS)),
    "a stage's schema": Edit("stages/attack.py", "SCHEMA = 1", "SCHEMA = 999", ("attack/*", *NUMBERS)),
    "training": Edit("tasks/classification.py", "train", None, NETWORKS),
    "prediction": Edit("tasks/classification.py", "predict", None, ("predict/*", *NUMBERS)),
    "the schedule": Edit("engine/schedules.py", "learning_rate", None, NETWORKS),
    "how weights are written": Edit("store/content.py", "weights", None, NETWORKS),
    # shared code: its users
    "a helper two imports away": Edit("losses/_arguments.py", "widened", None, NETWORKS),
    "a helper that one loss alone reaches": Edit(
        "losses/_selective.py", "_errors", None, (*cells("*-hem-*"), *NUMBERS)
    ),
    "a helper of all random draws": Edit(
        "core/streams.py", "seed_of", None, ("prepare/*-ood-*", "prepare/*-corruption-*", *NETWORKS)
    ),
    "a helper of tables": Edit("tables/_summarise.py", "summarise", None, ("table/*", *REPORT)),
    "a constant of a loss": Edit("losses/_cross_entropy.py", "= -100", "= -101", (*cells("*-ce-*"), *NUMBERS)),
    "a constant of a network": Edit(
        "networks/convnet.py",
        "HIDDEN = 4",
        "HIDDEN = 3",
        (*cells("*-convnet_tiny-*"), "evaluate/*-convnet_tiny-*", *PAGES),
    ),
    "a constant of figures": Edit(
        "figures/_style.py", "WIDE, NARROW = ", "WIDE, NARROW, _MORE = 0, ", ("figure/*", *REPORT)
    ),
    "the base class of losses": Edit("losses/_base.py", "Loss.forward", None, NETWORKS),
    "a default argument": Edit(
        "losses/_cross_entropy.py",
        "label_smoothing: float = 0.0",
        "label_smoothing: float = 0.1",
        (*cells("*-ce-*"), *NUMBERS),
    ),
    "a context manager's body": Edit("attacks/_shield.py", "shielded", None, ("attack/*", *NUMBERS)),
    "a field of a dataclass": Edit(
        "attacks/_result.py",
        "    fooled_by: Tensor\n",
        "    fooled_by: Tensor\n    more: int = 0\n",
        ("attack/*", *NUMBERS),
    ),
    "a hint of a dataclass": Edit("stages/evaluate.py", "    severity: int\n", "    severity: float\n", NUMBERS),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_makes_stale_exactly(pretended: Project, name: str) -> None:
    file, old, new, stale = EDITS[name]
    if new is None:
        pretended.edit_inside(f"src/hembench/{file}", old)
    else:
        pretended.edit(f"src/hembench/{file}", old, new)
    assert pretended.would_make() == pretended.matching(*stale)
