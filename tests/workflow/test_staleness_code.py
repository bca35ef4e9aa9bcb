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
    old: str
    new: str
    stale: tuple[str, ...]


EDITS = {
    # a plug-in: the cells with it, then all that compares them
    "a loss": Edit("losses/hem.py", "False, self.power", "True, self.power", (*cells("*-hem-s?"), *NUMBERS)),
    "a network": Edit(
        "networks/mlp.py",
        "[nn.Flatten()]",
        "[nn.Identity(), nn.Flatten()]",
        (*cells("*-mlp_tiny-*"), "evaluate/*-mlp_tiny-*", *PAGES),
    ),
    "the attack": Edit("attacks/autoattack_paper.py", 'loss="ce", n_', 'loss="dlr", n_', ("attack/*", *NUMBERS)),
    "an OOD set": Edit(
        "ood/uniform.py", "rng.integers", "1 * rng.integers", ("prepare/digits-ood-*", "predict/*", *NUMBERS)
    ),
    "a corruption": Edit("corruptions/noise.py", "1: 0.08", "1: 0.09", ("prepare/*-noise", "predict/*", *NUMBERS)),
    "a score": Edit("scores/msp.py", "np.float32(1) /", "np.float32(2) /", NUMBERS),
    "a metric": Edit("metrics/auroc.py", "(below + not_above)", "(not_above + below)", NUMBERS),
    "a metric's constant": Edit("metrics/auroc.py", "SCORES = None", 'SCORES = ("msp",)', NUMBERS),
    "a table": Edit("tables/ood.py", 'TITLE = "', 'TITLE = "New: ', ("table/tiny-ood", *REPORT)),
    "a figure": Edit("figures/summary.py", 'TITLE = "', 'TITLE = "New: ', ("figure/tiny-summary", *REPORT)),
    # a stage, its task and engine
    "the page": Edit("report/_sheet.py", "(prefers-reduced-motion", "( prefers-reduced-motion", REPORT),
    "a stage": Edit("stages/predict.py", "sorted(role for", "list(role for", ("predict/*", *NUMBERS)),
    "a stage's schema": Edit("stages/attack.py", "SCHEMA = 1", "SCHEMA = 2", ("attack/*", *NUMBERS)),
    "training": Edit("tasks/classification.py", "trainer.run(progress)", "trainer.run()", NETWORKS),
    "prediction": Edit(
        "tasks/classification.py", "network = restore(", "network: object = 0 or restore(", ("predict/*", *NUMBERS)
    ),
    "the schedule": Edit("engine/schedules.py", "epoch >= milestone", "epoch > milestone", NETWORKS),
    "how weights are written": Edit("store/content.py", "tensor.detach().cpu()", "tensor.cpu()", NETWORKS),
    # shared code: its users
    "a helper two imports away": Edit(
        "losses/_arguments.py", "else logits.float()", "else logits.double()", (*cells("*"), *NUMBERS)
    ),
    "a helper that one loss alone reaches": Edit(
        "losses/_selective.py", "errors.clamp_(min=0.0)", "errors.clamp_(min=-0.0)", (*cells("*-hem-*"), *NUMBERS)
    ),
    "a helper of all random draws": Edit(
        "core/streams.py", ">> 1", ">> 2", ("prepare/*-ood-*", "prepare/*-corruption-*", *NETWORKS)
    ),
    "a helper of tables": Edit("tables/_summarise.py", "dropna(", "copy().dropna(", ("table/*", *REPORT)),
    "a constant of a loss": Edit("losses/_cross_entropy.py", "= -100", "= -101", (*cells("*-ce-*"), *NUMBERS)),
    "a constant of a network": Edit(
        "networks/convnet.py",
        "HIDDEN = 4",
        "HIDDEN = 3",
        (*cells("*-convnet_tiny-*"), "evaluate/*-convnet_tiny-*", *PAGES),
    ),
    "a constant of figures": Edit(
        "figures/_style.py", "WIDE, NARROW = 8.6", "WIDE, NARROW = 8.5", ("figure/*", *REPORT)
    ),
    "the base class of losses": Edit("losses/_base.py", "num_classes < 2", "num_classes < 3", NETWORKS),
    "a default argument": Edit(
        "losses/_cross_entropy.py",
        "label_smoothing: float = 0.0",
        "label_smoothing: float = 0.1",
        (*cells("*-ce-*"), *NUMBERS),
    ),
    "a context manager's body": Edit(
        "attacks/_shield.py", "def _restore_modes(modes", "def _restore_modes(mode", ("attack/*", *NUMBERS)
    ),
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
    edit = EDITS[name]
    pretended.edit(f"src/hembench/{edit.file}", edit.old, edit.new)
    assert pretended.would_make() == pretended.matching(*edit.stale)
