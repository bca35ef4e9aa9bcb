"""The paper's conditions (Table 2) by names of ours for data-set and network, whatever their labels in a study.

Claims and figures say by these which part of the paper's grid a study has. None is made by a call: it would be in
the key of everything that imports this module, not of that alone which reads it.
"""

from __future__ import annotations

from collections.abc import Iterable

STANDARD = (
    *(("mnist", network) for network in ("lenet", "convnet", "mlp")),
    *(("cifar10", network) for network in ("resnet32", "mobilenet_small", "wrn22_10")),
    *(("cifar100", network) for network in ("mobilenet_large", "resnet18", "parn18")),
    *(("tiny_imagenet", network) for network in ("resnet18", "inception", "wrn28_10")),
    *(("imagenet1k", network) for network in ("resnet50", "swin_t", "vit_b_16")),
)
"""(data-set, network) of the 15 standard conditions, in the paper's order."""

LONGTAIL = (
    ("cifar10_lt100", "resnet32"),
    ("cifar10_lt10", "resnet32"),
    ("cifar100_lt100", "resnet18"),
    ("cifar100_lt10", "resnet18"),
)
"""(data-set, network) of the four long-tailed conditions; the number is the imbalance."""

ABLATION = (("cifar10", "resnet18"), ("cifar100", "resnet18"))
"""Supplement B.2 (Table 3)."""

SWEEPS = (("cifar10", "resnet18"),)
"""Supplement B.1."""

RATES = (("cifar10", "wrn22_10"),)
"""Supplement B.3."""

BENCHMARKS = ("permuted_mnist", "split_mnist", "split_cifar10", "split_cifar100")

CONTINUAL = (
    *((benchmark, strategy) for benchmark in BENCHMARKS for strategy in ("replay", "si", "ewc", "lfl", "lwf")),
)
"""(benchmark, strategy) of continual learning (section 5.3): of these 20 the paper has 16, and names none
(stats/sixteen.py)."""

SEGMENTATION = (
    *(
        (dataset, f"fpn_{encoder}")
        for dataset in ("camvid", "cityscapes", "sbd")
        for encoder in ("resnet34", "efficientnet_b4", "densenet201", "resnext50")
    ),
)
"""(data-set, network) of segmentation (section 5.4): FPN with four encoders."""


def named(conditions: Iterable[tuple[str, str]]) -> list[str]:
    """Return conditions of the paper in words: ``<data-set>-<network>``."""
    return [f"{dataset}-{network}" for dataset, network in conditions]


def missing(wanted: Iterable[tuple[str, str]], present: Iterable[str]) -> list[str]:
    """Return, in words, the conditions of the paper that are not among those present, which are in words too."""
    there = set(present)
    return [name for name in named(wanted) if name not in there]
