"""Tidy frames of a small made-up study: one condition with three variants, one with two; three seeds."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

VARIANTS = ["hem", "ce", "la"]
CLASSES = ("road", "bus")
CONDITIONS = {"d-n": ["hem", "ce", "la"], "d-m": ["ce", "hem"]}


def cells() -> list[dict[str, object]]:
    return [
        {
            "condition": name,
            "dataset": "d",
            "network": name[-1],
            "recipe": "r",
            "variant": v,
            "loss": v,
            "seed": seed,
        }
        for name, variants in CONDITIONS.items()
        for v, seed in itertools.product(variants, range(3))
    ]


def ordered(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame["condition"] = pd.Categorical(frame["condition"], list(CONDITIONS), ordered=True)
    frame["variant"] = pd.Categorical(frame["variant"], VARIANTS, ordered=True)
    return frame


@pytest.fixture
def examples() -> pd.DataFrame:
    """Best and worst picture of each condition, 4x6, of the first seed: noise, two classes, a void row."""
    rng = np.random.default_rng(0)
    rows = []
    for names in cells():
        for place in (1, -1) if names["seed"] == 0 else ():
            labels = rng.integers(0, 2, (2, 4, 6), dtype=np.uint8)
            labels[:, 0] = 255
            parts = {"pixels": rng.integers(0, 256, (4, 6, 3), dtype=np.uint8), "labels": labels[0]}
            texts = {
                key: base64.b64encode(part.tobytes()).decode()
                for key, part in {**parts, "predicted": labels[1]}.items()
            }
            shown = {"picture": 7 - place, "place": place, "value": 0.5, "height": 4, "width": 6}
            rows.append({**names, **shown, **texts})
    return ordered(rows)


@pytest.fixture
def classes() -> pd.DataFrame:
    """Two classes of each network."""
    facts = {"value": 0.5, "labelled": 10, "predicted": 9, "n": 3}
    return ordered(
        [
            {**cell, "class": number, "name": name, **facts}
            for cell in cells()
            for number, name in enumerate(CLASSES)
        ]
    )


MARGINS = (0.0, 0.2, 1.0, 5.0)


@pytest.fixture
def variants() -> pd.DataFrame:
    """Options of the study below; hem's margin is left to its rule."""
    rows = [("hem", "hem", "margin", None), ("hem", "hem", "power", 1.0), ("la", "la", "tau", 1.0)]
    return options(rows, VARIANTS)


@pytest.fixture
def swept(metrics: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return metrics and variants with one more hem, ln and mm for each of a few values in each condition."""
    hem = metrics[metrics["variant"] == "hem"].astype({"variant": "str"})
    rows = [("hem", "hem", "margin", None), ("hem", "hem", "power", 1.0)]
    parts = [metrics.astype({"variant": "str"})]
    for place, margin in enumerate(MARGINS):
        for loss, option, value in (
            ("hem", "margin", margin),
            ("mm", "margin", margin),
            ("ln", "temperature", margin + 0.01),
        ):
            label = f"{loss}_{place}"
            rows += [(label, loss, option, value), *([(label, loss, "power", 1.0)] if loss != "ln" else [])]
            parts.append(hem.assign(variant=label, loss=loss, value=hem["value"] - 0.01 * place))
    labels = [*VARIANTS, *dict.fromkeys(row[0] for row in rows[2:])]
    whole = pd.concat(parts, ignore_index=True)
    whole["variant"] = pd.Categorical(whole["variant"], labels, ordered=True)
    return {"metrics": whole, "variants": options(rows, labels)}


def options(rows: list[tuple[str, str, str, object]], labels: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["variant", "loss", "option", "value"], dtype="object")
    return frame.assign(variant=pd.Categorical(frame["variant"], labels, ordered=True))


def known(papers: dict[str, str], long_tailed: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return what a plan knows of conditions: their names in the paper by name, and which are long-tailed."""
    tails = [name in long_tailed for name in papers]
    frame = pd.DataFrame({"condition": list(papers), "paper": list(papers.values()), "long_tailed": tails})
    frame = frame.assign(unit="", uncounted=[name.split("-", 1)[1] for name in papers], stands=True)
    return frame.assign(condition=pd.Categorical(frame["condition"], list(papers), ordered=True))


@pytest.fixture
def facts() -> Callable[..., pd.DataFrame]:
    """Return the function above."""
    return known


@pytest.fixture
def conditions() -> pd.DataFrame:
    """Balanced conditions of one's own."""
    return known(dict.fromkeys(CONDITIONS, ""))


@pytest.fixture
def long_tails() -> pd.DataFrame:
    """Long-tailed conditions of one's own."""
    return known(dict.fromkeys(CONDITIONS, ""), tuple(CONDITIONS))


@pytest.fixture
def metrics() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    sets = [("clean", "", 0, "", "accuracy"), ("attack", "aa-Linf", 0, "msp", "dar")]
    sets += [("corruption", name, severity, "", "accuracy") for name in ("blur", "noise") for severity in (1, 2)]
    sets += [("ood", "blobs", 0, score, "auroc") for score in ("msp", "log_msp")]
    sets += [("dense", "", 0, "", "iou"), ("episodes", "", 0, "", "final_accuracy")]
    keys = ("kind", "set", "severity", "score", "metric")
    return ordered(
        [
            {**cell, **dict(zip(keys, one, strict=True)), "value": float(rng.uniform(0.8, 0.99)), "n": 100}
            for cell, one in itertools.product(cells(), sets)
        ]
    )


@pytest.fixture
def histories() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    quantities = ("learning_rate", "train_accuracy", "train_loss", "zero_loss_share", "si_importance_sum")
    return ordered(
        [
            {**cell, "epoch": epoch, "quantity": quantity, "value": float(rng.uniform(0.1, 0.9))}
            for cell, quantity, epoch in itertools.product(cells(), quantities, range(1, 5))
        ]
    )


@pytest.fixture
def accuracies() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    places = itertools.product(cells(), range(4), (1, 2, 3))
    return ordered(
        [
            {**cell, "incremental": "class", "after": after, "episode": episode}
            | {"accuracy": float(rng.uniform(0.0, 1.0)), "n": 50}
            for cell, after, episode in places
        ]
    )


@pytest.fixture
def pairs() -> pd.DataFrame:
    """What a plan knows of conditions that learn in episodes."""
    rows = [(name, name[-1], "class", "A") for name in CONDITIONS]
    frame = pd.DataFrame(rows, columns=["condition", "strategy", "incremental", "sixteen"])
    return frame.assign(condition=pd.Categorical(frame["condition"], list(CONDITIONS), ordered=True))


@pytest.fixture
def histograms() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    sets = [("clean", ""), ("ood", "blobs"), ("ood", "uniform")]
    return ordered(
        [
            {
                **cell,
                "kind": kind,
                "set": name,
                "score": "msp",
                "low": place / 100,
                "high": (place + 1) / 100,
                "count": int(rng.integers(0, 9)),
            }
            for cell, (kind, name), place in itertools.product(cells(), sets, range(100))
        ]
    )
