"""Two ranks give the loss and the gradient of one process that has the whole batch."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hembench.core import plugins

CLASSES = 4
COUNTS = [400, 200, 100, 50]
OPTIONS = [
    *((name, {}) for name in plugins.names("losses")),
    ("ce", {"label_smoothing": 0.1}),
    ("dice", {"absent": "drop"}),
    ("dice", {"form": "squared", "absent": "keep"}),
    ("hem", {"power": 0.5}),
    ("hem_plus", {"margin_index": "competitor"}),
]
RANKS = 2


def cases():
    """Return one case per loss: 5 and 3 samples; classes, ignored and inactive samples unevenly spread."""
    generator = torch.Generator().manual_seed(4)
    logits = torch.randn(8, CLASSES, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 1, 1, -100, 0, 0, 0, 1])  # classes 2 and 3 are absent everywhere
    labels[0] = 2  # class 2 only on the first rank
    logits[:5] *= 2.0
    logits[5:7, 0] += 30.0  # the second rank has one active sample
    return [
        {
            "id": f"{name}-{options}",
            "name": name,
            "options": options,
            "num_classes": CLASSES,
            "counts": COUNTS,
            "logits": [logits[:5].clone(), logits[5:].clone()],
            "labels": [labels[:5].clone(), labels[5:].clone()],
        }
        for name, options in OPTIONS
    ]


@pytest.fixture(scope="module")
def by_rank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    torch.save(cases(), folder / "cases.pt")
    script = Path(__file__).parent / "rank_main.py"
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), str(rank), str(RANKS), str(folder)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(RANKS)
    ]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=600)
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return [torch.load(folder / f"rank{rank}.pt", weights_only=True) for rank in range(RANKS)]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_value_and_gradient_of_the_global_batch(by_rank, case):
    loss = plugins.load("losses", case["name"]).build(CLASSES, COUNTS, **case["options"])
    logits = torch.cat(case["logits"]).requires_grad_()
    expected = loss(logits, torch.cat(case["labels"]))
    (gradient,) = torch.autograd.grad(expected, logits)
    for results in by_rank:
        torch.testing.assert_close(results[case["id"]]["value"], expected.detach())
    # Data-parallel training averages over the ranks: each sends RANKS times its part of the global gradient.
    sent = torch.cat([results[case["id"]]["gradient"] for results in by_rank])
    torch.testing.assert_close(sent / RANKS, gradient)


@pytest.mark.parametrize("name", ["hem", "hem_plus", "dice"])
def test_the_batch_is_one_where_the_mean_of_the_ranks_differs(name):
    (case,) = (case for case in cases() if case["id"] == f"{name}-{{}}")
    loss = plugins.load("losses", name).build(CLASSES, COUNTS)
    parts = [loss(*part) for part in zip(case["logits"], case["labels"], strict=True)]
    whole = loss(torch.cat(case["logits"]), torch.cat(case["labels"]))
    assert not torch.allclose(whole, sum(parts) / RANKS, rtol=5e-2)
