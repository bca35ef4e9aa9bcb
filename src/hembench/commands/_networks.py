"""Table 2 of the paper: its networks, and how many parameters ours have beside the number that it prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hembench.core import plugins
from hembench.plan.cells import Condition
from hembench.plan.claims import PAPER, paper_name
from hembench.stats.conditions import STANDARD

PRINTED = {
    ("mnist", "lenet"): 20_194,
    ("mnist", "convnet"): 30_954,
    ("mnist", "mlp"): 239_410,
    ("cifar10", "resnet32"): 464_154,
    ("cifar10", "mobilenet_small"): 1_528_106,
    ("cifar10", "wrn22_10"): 27_977_146,
    ("cifar100", "mobilenet_large"): 4_330_132,
    ("cifar100", "resnet18"): 11_173_962,
    ("cifar100", "parn18"): 11_218_340,
    ("tiny_imagenet", "resnet18"): 11_173_962,
    ("tiny_imagenet", "inception"): 23_995_504,
    ("tiny_imagenet", "wrn28_10"): 38_241_656,
    ("imagenet1k", "resnet50"): 25_557_032,
    ("imagenet1k", "swin_t"): 28_351_570,
    ("imagenet1k", "vit_b_16"): 86_567_656,
}
"""The paper's numbers by (data-set, network)."""

UNUSED = {"wrn22_10": 1_179_232, "wrn28_10": 1_640_672, "inception": 143_904}
"""Parameters of layers that the paper's code has and never uses: it counts them, ours has no such layers."""

NOTES = {
    "lenet": "two unknown parameters",
    "resnet18": "the paper prints the count for 10 classes",
    **{name: f"the paper counts {number:,} of layers that are never used" for name, number in UNUSED.items()},
}


def compute() -> list[dict[str, Any]]:
    """Return a row for each condition of the paper: dataset, network, parameters, unused, paper, agrees, note."""
    return [_row(*of, _parameters(of[0], *PAPER["networks"][of[1]]), of) for of in STANDARD]


def of_study(conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    """Return a row for each data-set and network of a study; without a number of the paper's two of it are None.

    Args:
        conditions: of the study; those that differ in recipe or in which images they train on share a row.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for condition in conditions:
        file, options = condition.network_plugin.name, condition.network_plugin.options
        dataset = condition.dataset_plugin.name
        if (dataset, condition.network) not in rows:
            known = paper_name("networks", condition.network_plugin)
            found = _parameters(dataset, file, options)
            rows[dataset, condition.network] = _row(dataset, condition.network, found, (dataset, known or ""))
    return list(rows.values())


def _row(dataset: str, network: str, found: int, paper: tuple[str, str]) -> dict[str, Any]:
    """Return a row; ``paper``: data-set and network by the paper's names, or others of which it has no number."""
    printed = PRINTED.get(paper)
    row = {"dataset": dataset, "network": network, "parameters": found, "unused": 0, "paper": printed}
    if printed is None:
        return row | {"agrees": None, "note": ""}
    unused = UNUSED.get(paper[1], 0)
    return row | {"unused": unused, "agrees": found + unused == printed, "note": NOTES.get(paper[1], "")}


def _parameters(dataset: str, file: str, options: dict[str, Any]) -> int:
    """Return how many trainable parameters a network, a file with options, has for a data-set."""
    import torch

    facts = plugins.constants("datasets", dataset)
    with torch.device("meta"):  # shapes alone: nothing is drawn, no memory is taken
        built = plugins.load("networks", file).build(
            facts["NUM_CLASSES"], tuple(facts["IMAGE_SHAPE"]), **plugins.check_options("networks", file, options)
        )
    return sum(parameter.numel() for parameter in built.parameters() if parameter.requires_grad)


def render(rows: list[dict[str, Any]]) -> str:
    """Return the table as text; ! marks what the paper has another number for."""
    wide = [max([len(head), *(len(row[head]) for row in rows)]) + 2 for head in ("dataset", "network")]
    lines = [
        "Table 2: trainable parameters of the networks, ours and the paper's (! where they differ)",
        "",
        f"{'data-set':<{wide[0]}}{'network':<{wide[1]}}{'ours':>12}{'the paper':>13}",
    ]
    for row in rows:
        name = f"{row['dataset']:<{wide[0]}}{row['network']:<{wide[1]}}{row['parameters']:>12,}"
        printed = f"{'-':>13}" if row["paper"] is None else f"{row['paper']:>13,}{' ' if row['agrees'] else '!'}"
        lines.append(f"{name}{printed} {row['note']}".rstrip())
    known = [row for row in rows if row["paper"] is not None]
    if known:
        agreeing = sum(row["agrees"] for row in known)
        lines += ["", f"{agreeing} of {len(known)} agree, layers that are never used counted."]
    if len(known) < len(PRINTED):
        lines.append(f"The paper has {len(PRINTED)} networks; {len(PRINTED) - len(known)} of them are not here.")
    return "\n".join(lines)
