"""Evidence of made-up studies: whichever losses, conditions and seeds a test wants, with the values it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import pytest

from hembench.claims._evidence import Condition, Evidence, Variant

MNIST = ("lenet", "convnet", "mlp")
Values = Callable[[str, str, int], float]
"""(network, variant, seed) -> the value, a fraction."""

MEASURED = {
    "clean_accuracy": ("clean", "", "accuracy"),
    "corruption_accuracy": ("corruption", "", "accuracy"),
    "auroc_msp": ("ood", "msp", "auroc"),
    "auroc_log_msp": ("ood", "log_msp", "auroc"),
    "auroc_mls": ("ood", "mls", "auroc"),
    "dar_msp": ("attack", "msp", "dar"),
    "final_accuracy": ("episodes", "", "final_accuracy"),
    "iou": ("dense", "", "iou"),
}


def cell(dataset: str, network: str, variant: str, loss: str, seed: int) -> dict[str, object]:
    names = {"condition": f"{dataset}-{network}", "dataset": dataset, "network": network, "recipe": dataset}
    return {**names, "variant": variant, "loss": loss, "seed": seed}


def make(
    values: Mapping[str, Values],
    variants: Mapping[str, str] | Sequence[str] = ("ce", "hem"),
    *,
    networks: Sequence[str] = MNIST,
    dataset: str = "mnist",
    seeds: int = 5,
    options: Mapping[str, dict[str, object]] | None = None,
    long_tailed: bool = False,
    complete: bool = True,
    margin: float = 1.0,
    task: str = "classification",
) -> Evidence:
    """Return evidence with the given quantities measured on all networks, variants and seeds; NaN is left out."""
    losses = dict(variants) if isinstance(variants, Mapping) else {name: name for name in variants}
    metrics, histories, histograms = [], [], []
    for network in networks:
        for variant, loss in losses.items():
            for seed in range(seeds):
                names = cell(dataset, network, variant, loss, seed)
                for quantity, of in values.items():
                    value = of(network, variant, seed)
                    if value != value:
                        continue
                    if quantity in MEASURED:
                        kind, score, metric = MEASURED[quantity]
                        measured = {"kind": kind, "set": "", "severity": 0, "score": score, "metric": metric}
                        metrics.append({**names, **measured, "value": value, "n": 1000})
                    elif quantity == "high_msp":
                        for low, count in ((0.5, 1000 - round(1000 * value)), (0.99, round(1000 * value))):
                            bins = {"kind": "clean", "set": "", "score": "msp", "low": low, "high": low + 0.01}
                            histograms.append({**names, **bins, "count": count})
                    else:
                        for epoch, share in enumerate((0.0, value), start=1):
                            histories.append({**names, "epoch": epoch, "quantity": quantity, "value": share})
    tail = ("kind", "set", "severity", "score", "metric", "value", "n")
    named = list(cell("", "", "", "", 0))
    frames = {
        "metrics": pd.DataFrame(metrics, columns=[*named, *tail]),
        "histories": pd.DataFrame(histories, columns=[*named, "epoch", "quantity", "value"]),
        "histograms": pd.DataFrame(histograms, columns=[*named, "kind", "set", "score", "low", "high", "count"]),
    }
    conditions = [
        Condition(
            *(f"{dataset}-{network}", dataset, network, (dataset, network), long_tailed, complete, 60_000, task),
            uncounted=network,
        )
        for network in networks
    ]
    given = options or {}
    known = [Variant(label, loss, given.get(label, {}), label not in given) for label, loss in losses.items()]
    return Evidence(frames, tuple(conditions), tuple(known), margin)


@pytest.fixture
def evidence() -> Callable[..., Evidence]:
    return make
