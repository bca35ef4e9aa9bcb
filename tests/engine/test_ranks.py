"""Two processes train as one does that has the whole batch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.engine.loop import Trainer
from hembench.engine.ranks import Ranks

LOSSES = ("ce", "hem", "hem_plus", "dice")
EPOCHS, STEPS = 3, 5
TOLERANCE = {"rtol": 1e-4, "atol": 1e-6}
"""Of float32 weights after each of 15 steps: sums over two halves have another order than sums over the whole."""


def cases(recipe: Callable[..., dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """15 of 70 samples in a batch, so that parts are of 7 and 8; the last batch has 10."""
    plain = recipe(batch_size=15)
    adam = plain | {"optimiser": {"name": "adam", "learning_rate": 0.01, "weight_decay": 5e-4}}
    return [
        *({"id": name, "loss": name, "recipe": plain} for name in LOSSES),
        {"id": "unused", "loss": "hem", "recipe": plain, "extra": "unused"},
        {"id": "streamed", "loss": "hem", "recipe": plain, "shards": str(folder)},
        {"id": "norm", "loss": "hem", "recipe": plain, "extra": "norm"},
        {"id": "joined", "loss": "hem", "recipe": recipe(batch_size=67, epochs=1), "extra": "norm"},
        {"id": "whole", "loss": "hem", "recipe": adam, "extra": "dropout"},
        {"id": "resumed", "loss": "hem", "recipe": adam, "extra": "dropout", "resume_at": 7},
    ]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, recipe: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What one process makes of each case, and each of two: by "0of1", "0of2" and "1of2"."""
    folder = tmp_path_factory.mktemp("ranks")
    (folder / "cases.json").write_text(json.dumps(cases(recipe, folder)))
    command = [sys.executable, str(Path(__file__).with_name("ranks_main.py"))]
    names = [("0", "1"), ("0", "2"), ("1", "2")]
    processes = [subprocess.Popen([*command, *name, str(folder)], stderr=subprocess.DEVNULL) for name in names]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return {path.stem: torch.load(path, weights_only=True) for path in folder.glob("*of*.pt")}


def two(results: dict[str, Any], case: str) -> list[Any]:
    return [results[name][case] for name in ("0of2", "1of2")]


@pytest.mark.parametrize("case", [*LOSSES, "unused", "streamed"])
def test_every_step_s_weights_and_the_history_are_those_of_one(results: dict[str, Any], case: str) -> None:
    alone = results["0of1"][case]
    assert len(alone["steps"]) == EPOCHS * STEPS
    moved = 0.0
    for rank in two(results, case):
        for expected, found in zip(alone["steps"], rank["steps"], strict=True):
            torch.testing.assert_close(found, expected, **TOLERANCE)
        moved = max(float((rank["steps"][0][name] - found[name]).abs().max()) for name in found)
        assert moved > 0.05, "the weights hardly moved: nothing was compared"
        for name, values in alone["history"].items():
            assert rank["history"][name] == pytest.approx(values, rel=1e-5), name
        for share in ("train_accuracy", "zero_loss_share"):
            assert rank["history"][share] == alone["history"][share]


def test_each_has_its_part_of_every_batch_and_parts_differ_by_one(results: dict[str, Any]) -> None:
    first, second = (rank["sizes"] for rank in two(results, "hem"))
    assert first == [7, 7, 7, 7, 5] * EPOCHS
    assert second == [8, 8, 8, 8, 5] * EPOCHS


@pytest.mark.parametrize("case", [*LOSSES, "unused", "norm", "whole", "resumed"])
def test_all_have_the_same_weights_and_history_to_the_bit(results: dict[str, Any], case: str) -> None:
    first, second = two(results, case)
    for one, other in zip(first["steps"], second["steps"], strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one if "running" not in name)
    assert first["history"] == second["history"]


def test_a_training_goes_on_in_new_processes_to_the_same_bits(results: dict[str, Any]) -> None:
    for whole, resumed in zip(two(results, "whole"), two(results, "resumed"), strict=True):
        assert len(whole["steps"]) == EPOCHS * STEPS
        for one, other in zip(whole["steps"], resumed["steps"], strict=True):
            assert all(torch.equal(one[name], other[name]) for name in one)
        assert whole["history"] == resumed["history"]


def test_batch_normalisation_is_over_each_part(results: dict[str, Any]) -> None:
    first, second = (rank["steps"][0]["1.running_mean"] for rank in two(results, "norm"))
    alone = results["0of1"]["norm"]["steps"][0]["1.running_mean"]
    assert not torch.allclose(first, second)
    torch.testing.assert_close((7 * first + 8 * second) / 15, alone)


def test_a_last_batch_of_less_than_two_for_each_joins_the_one_before(results: dict[str, Any]) -> None:
    assert results["0of1"]["joined"]["sizes"] == [67, 3]
    assert [rank["sizes"] for rank in two(results, "joined")] == [[35], [35]]


def test_no_two_draw_the_same_dropout(results: dict[str, Any]) -> None:
    first, second = (set(rank["seeds"]) for rank in two(results, "whole"))
    assert len(first) == len(second) == EPOCHS * STEPS
    assert not first & second


def test_a_loss_scale_gives_way_on_all_where_one_overflows(results: dict[str, Any]) -> None:
    assert two(results, "overflow") == [{"seen": [(False, 2.0**15, None), (True, 2.0**15, 1)]}] * 2


def test_gradients_on_some_ranks_only_are_refused(results: dict[str, Any]) -> None:
    for rank in two(results, "refused"):
        assert "a gradient in some processes only" in rank["message"]


def test_alone_nothing_is_changed() -> None:
    ranks, parameter, batch = Ranks(1), nn.Parameter(torch.zeros(2)), torch.arange(5)
    parameter.grad = gradient = torch.tensor([1.0, 2.0])
    ranks.average_gradients([parameter])
    assert parameter.grad is gradient
    assert torch.equal(ranks.part(batch), batch)
    assert ranks.stream == ()
    assert torch.equal(ranks.share(batch), batch)


def test_another_number_of_processes_than_the_recipe_s_is_refused(recipe: Callable[..., dict[str, Any]]) -> None:
    images, labels = torch.zeros(8, 1, 2, 2, dtype=torch.uint8), torch.zeros(8, dtype=torch.int64)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    with pytest.raises(InputError, match=r"takes 2 processes .*, not 1"):
        Trainer(model, nn.CrossEntropyLoss(), images, labels, recipe(processes=2), "c", 0, {})
