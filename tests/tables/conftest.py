"""A small study by hand: one condition, two variants, two seeds; every number is easy to check."""

from __future__ import annotations

import pandas as pd
import pytest

NUMBERS = {"ce": (0.90, 0.94), "hem": (0.95, 0.97)}
"""Clean accuracy by variant and seed; the other numbers are shifted by what is written below."""


@pytest.fixture
def metrics() -> pd.DataFrame:
    rows = []
    for variant, values in NUMBERS.items():
        for seed, value in enumerate(values):
            names = {"condition": "d-n", "dataset": "d", "network": "n", "recipe": "r", "variant": variant}
            cell = {**names, "loss": variant, "seed": seed}
            for kind, name, severity, score, metric, shift, n in [
                ("clean", "", 0, "", "accuracy", 0.0, 100),
                ("clean", "", 0, "msp", "saturation", -0.6, 100),
                ("clean", "", 0, "msp", "ece", -0.9, 100),
                ("corruption", "blur", 1, "", "accuracy", -0.1, 100),
                ("corruption", "blur", 2, "", "accuracy", -0.3, 100),
                ("ood", "blobs", 0, "msp", "auroc", -0.2, 50),
                ("ood", "blobs", 0, "log_msp", "auroc", -0.1, 50),
                ("ood", "blobs", 0, "msp", "fpr95", -0.5, 50),
                ("attack", "autoattack-Linf", 0, "", "accuracy", -0.9, 20),
                ("attack", "autoattack-Linf", 0, "msp", "dar", -0.8, 20),
                ("attack", "autoattack-Linf", 0, "mls", "dar", -0.7, 20),
                ("attack", "autoattack-Linf", 0, "energy", "dar", -0.7, 20),
                ("attack", "autoattack-Linf", 0, "", "fooled_share", 0.0, 20),
                ("attack", "autoattack-Linf", 0, "", "wrong_before_share", -0.86, 20),
                ("attack", "autoattack-Linf", 0, "", "black_box_share", -0.91, 20),
                ("attack", "official-Linf", 0, "msp", "dar_attacked", -0.8, 18),
                ("attack", "official-Linf", 0, "", "unfooled_share", -0.9, 20),
            ]:
                measured = {"kind": kind, "set": name, "severity": severity, "score": score, "metric": metric}
                rows.append({**cell, **measured, "value": value + shift, "n": n})
    frame = pd.DataFrame(rows)
    frame["condition"] = pd.Categorical(frame["condition"], ["d-n"], ordered=True)
    frame["variant"] = pd.Categorical(frame["variant"], ["hem", "ce"], ordered=True)
    return frame


@pytest.fixture
def of_episodes(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the same of conditions that learn in episodes: clean accuracy stands for the final one."""
    rows = metrics[(metrics["kind"] == "clean") & (metrics["metric"] == "accuracy")]
    return rows.assign(kind="episodes", metric="final_accuracy", n=60)


@pytest.fixture
def of_pixels(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the same of segmentation: clean accuracy stands for the macro IoU."""
    rows = metrics[(metrics["kind"] == "clean") & (metrics["metric"] == "accuracy")]
    return rows.assign(kind="dense", metric="iou", n=20)


@pytest.fixture
def classes(of_pixels: pd.DataFrame) -> pd.DataFrame:
    """Return two classes: a frequent one that is as good as the whole, and a rare one with half of that."""
    names = of_pixels[["condition", "dataset", "network", "recipe", "variant", "loss", "seed", "n"]]
    road = names.assign(**{"class": 0}, name="road", value=of_pixels["value"], labelled=900, predicted=950)
    bus = names.assign(**{"class": 1}, name="bus", value=of_pixels["value"] / 2, labelled=100, predicted=50)
    return pd.concat([road, bus], ignore_index=True)


@pytest.fixture
def parts() -> pd.DataFrame:
    """Return what a study lists that has the corruption blur alone: no set of corruptions."""
    return pd.DataFrame({"condition": [], "part": [], "set": []}, dtype="str")


@pytest.fixture
def ablated(metrics: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return metrics and variants with the steps from MM to HEM at a margin of 0.2, and MM and HEM at others."""
    hem = metrics[metrics["variant"] == "hem"].astype({"variant": "str"})
    margins = {
        "mm": ("mm", 1.0),
        "mm_m02": ("mm", 0.2),
        "mm_maz": ("mm_maz", 0.2),
        "mm_thres": ("mm_thres", 0.2),
        "hem": ("hem", None),
        "hem_m5": ("hem", 5.0),
    }
    parts = [
        hem.assign(variant=label, loss=loss, value=hem["value"] - 0.01 * place)
        for place, (label, (loss, _)) in enumerate(margins.items())
    ]
    whole = pd.concat([metrics[metrics["variant"] == "ce"].astype({"variant": "str"}), *parts], ignore_index=True)
    whole["variant"] = pd.Categorical(whole["variant"], ["ce", *margins], ordered=True)
    rows = [(label, loss, "margin", margin) for label, (loss, margin) in margins.items()]
    rows += [(label, loss, "power", 1.0) for label, (loss, _) in margins.items()]
    variants = pd.DataFrame(rows, columns=["variant", "loss", "option", "value"], dtype="object")
    return {"metrics": whole, "variants": variants}


@pytest.fixture
def two_recipes(metrics: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the paper's WRN22-10 on CIFAR10 by its recipe and, with HEM alone, by half the learning rate: 0.01
    better with the first seed, 0.02 with the second; and another network that has one recipe.
    """
    named = {"dataset": "cifar10", "network": "wrn22_10"}
    usual = metrics.assign(condition="cifar10-wrn22_10", recipe="cifar10", **named)
    slow = usual[usual["variant"] == "hem"].assign(condition="cifar10-wrn22_10-slow", recipe="cifar10_half_rate")
    slow = slow.assign(value=slow["value"] + 0.01 * (slow["seed"] + 1))
    whole = pd.concat([slow, usual, metrics.astype({"condition": "str"})], ignore_index=True)
    order = ["cifar10-wrn22_10-slow", "cifar10-wrn22_10", "d-n"]
    whole["condition"] = pd.Categorical(whole["condition"], order, ordered=True)
    conditions = pd.DataFrame({"condition": order, "paper": ["", "cifar10-wrn22_10", ""]})
    return {"metrics": whole, "conditions": conditions}
