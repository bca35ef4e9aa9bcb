"""Table 2 of the paper: its networks, and how many parameters ours have beside the number that it prints."""

from __future__ import annotations

from typing import Any

from hembench.core import plugins
from hembench.plan.claims import PAPER
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
    """Return a row for each condition: dataset, network, parameters, unused, paper, agrees, note."""
    rows = []
    for dataset, network in STANDARD:
        found, unused = _parameters(dataset, network), UNUSED.get(network, 0)
        printed = PRINTED[dataset, network]
        row = {"dataset": dataset, "network": network, "parameters": found, "unused": unused, "paper": printed}
        rows.append(row | {"agrees": found + unused == printed, "note": NOTES.get(network, "")})
    return rows


def _parameters(dataset: str, network: str) -> int:
    """Return how many trainable parameters a network of the paper has for a data-set."""
    import torch

    file, options = PAPER["networks"][network]
    facts = plugins.constants("datasets", dataset)
    with torch.device("meta"):  # shapes alone: nothing is drawn, no memory is taken
        built = plugins.load("networks", file).build(
            facts["NUM_CLASSES"], tuple(facts["IMAGE_SHAPE"]), **plugins.check_options("networks", file, options)
        )
    return sum(parameter.numel() for parameter in built.parameters() if parameter.requires_grad)


def render(rows: list[dict[str, Any]]) -> str:
    """Return the table as text; ! marks what the paper has another number for."""
    lines = [
        "Table 2: trainable parameters of the networks, ours and the paper's (! where they differ)",
        "",
        f"{'data-set':<15}{'network':<17}{'ours':>12}{'the paper':>13}",
    ]
    for row in rows:
        name = f"{row['dataset']:<15}{row['network']:<17}"
        said = f"{row['parameters']:>12,}{row['paper']:>13,}{' ' if row['agrees'] else '!'} {row['note']}"
        lines.append((name + said).rstrip())
    agreeing = sum(row["agrees"] for row in rows)
    return "\n".join([*lines, "", f"{agreeing} of {len(rows)} agree, layers that are never used counted."])
