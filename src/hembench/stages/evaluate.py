"""evaluate: the numbers of a condition, out of the predictions of all its cells.

Reads: predictions and attacks. Writes, one row per number:
``metrics.parquet``: condition, dataset, network, recipe, variant, loss, seed, kind ("clean", "ood", "corruption",
"attack"), set, severity (0: none), score ("": none), metric, value (a fraction; NaN: not defined), n (images);
of an attack that drops images which were wrong before, metrics end in "_attacked" (see ``_attacked.py``);
``histories.parquet``: the same names up to seed, epoch (from 1), quantity, value;
``histograms.parquet``: the same names up to seed, kind ("clean" or "ood"), set, score, low and high (borders of
the bin), count (images in it; the last bin holds its upper border), for MSP in the same bins for all networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import InputError
from hembench.metrics.acceptance_threshold import acceptance_threshold
from hembench.stages._attacked import DROPPED_SUFFIX, counted, outcomes
from hembench.stages._predicted import Predicted, Scores, of_logits, read_predictions
from hembench.stages._tidy import CELL, HISTOGRAMS, HISTORIES, METRICS, history_of, tidy, value_of
from hembench.store.content import frame, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 3

BINNED, BINS = "msp", 100
"""The score with a histogram, and the number of its bins between 0 and 1."""


@dataclass(frozen=True)
class Measured:
    """What one network says of one set.

    Attributes:
        kind: "clean", "ood", "corruption" or "attack".
        name: the set's label; "" for the clean test set; label and norm for an attack.
        severity: of a corruption, else 0.
        said: labels and scores.
        labels: int64 (N,); None where no class is right (OOD).
        suffix: of the metrics' names, where they are taken over other images than elsewhere.
    """

    kind: str
    name: str
    severity: int
    said: Predicted
    labels: np.ndarray | None
    suffix: str = ""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Compute every metric on each kind of set and with each score that it makes sense for.

    Args:
        inputs: artefacts "predict.<group>.<cell>" and "attack.<label>-<norm>.<cell>", plug-ins "score.<name>" and
            "metric.<name>".
        options: "condition", "dataset", "network", "recipe", "cells" (name -> variant, loss, seed), "scores"
            (names), "metrics" (name -> {"measured_on": kinds, "scores": names or None for all}), "attacks"
            (<label>-<norm> -> {"drops_wrong": bool, "black_box": names of parts}).

    Raises:
        InputError: a cell has no prediction of the clean test set.
        PluginError: a metric asks for something that it can't have.
    """
    cells = sorted(options["cells"])
    metrics: list[dict[str, Any]] = []
    histories: list[dict[str, Any]] = []
    histograms: list[dict[str, Any]] = []
    scores = {name: inputs.plugins[f"score.{name}"] for name in options["scores"]}
    for done, cell in enumerate(cells):
        inputs.progress(done / len(cells), cell)
        names = {name: options[name] for name in CELL[:4]} | options["cells"][cell]
        roles = sorted(role for role in inputs.folders if role.split(".", 2)[2] == cell)
        # Two groups may hold the same set, with the same predictions: it counts once.
        found = [measured for role in roles for measured in _sets(role, inputs.folders[role], scores, options)]
        sets = list({(measured.kind, measured.name, measured.severity): measured for measured in found}.values())
        metrics += [{**names, **row} for row in _rows(cell, sets, inputs.plugins, options)]
        metrics += [{**names, **row} for row in _outcomes(roles, inputs.folders, options)]
        histograms += [{**names, **row} for row in _histograms(sets, scores)]
        predictions = [role for role in roles if role.startswith("predict.")]
        histories += [{**names, **row} for row in history_of(inputs.folders[predictions[0]])]
    order = [*CELL, "kind", "set", "severity", "score", "metric"]
    return {
        "metrics.parquet": frame(tidy(metrics, METRICS, order)),
        "histories.parquet": frame(tidy(histories, HISTORIES, [*CELL, "quantity", "epoch"])),
        "histograms.parquet": frame(tidy(histograms, HISTOGRAMS, [*CELL, "kind", "set", "low"])),
    }


def _sets(role: str, folder: Path, scores: Scores, options: dict[str, Any]) -> Iterator[Measured]:
    """Yield what a prediction or an attack holds."""
    stage, name, _ = role.split(".", 2)
    if stage == "attack":
        drops = options["attacks"][name]["drops_wrong"]
        logits, labels = counted(folder, drops)
        yield Measured("attack", name, 0, of_logits(logits, scores), labels, DROPPED_SUFFIX if drops else "")
        return
    found = read_arrays(folder / "predictions.npz")
    for key, said in read_predictions(found, scores):
        kind, *rest = key.split(".")
        if kind == "clean":
            yield Measured(kind, "", 0, said, found["labels"])
        elif kind == "ood":
            yield Measured(kind, rest[0], 0, said, None)
        elif kind == "corruption":
            yield Measured(kind, rest[0], int(rest[1]), said, found["labels"])


def _rows(
    cell: str, sets: list[Measured], plugins: Mapping[str, Callable[..., Any]], options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the numbers of one network."""
    clean = next((measured for measured in sets if measured.kind == "clean"), None)
    if clean is None:
        raise InputError(
            f"cell {cell!r}: no evaluation group predicts the clean test set, so nothing is known about known "
            "classes. Set `clean: true` in one group of evaluate.predict."
        )
    for score in ["", *options["scores"]]:
        wanted = {name: rule for name, rule in options["metrics"].items() if _wants(rule["scores"], score)}
        of_clean = _values(clean, score) if wanted and clean.said.finite else {}
        if score and of_clean:
            of_clean["threshold"] = acceptance_threshold(of_clean["confidence"], of_clean["correct"])
        for measured in sets if wanted else []:
            # A network that diverged has no scores; it is a result, not a reason to stop: its numbers are NaN.
            values = _values(measured, score) if of_clean and measured.said.finite else {}
            values |= {name: of_clean[name] for name in ("threshold",) if name in of_clean}
            if measured.kind == "ood" and "confidence" in values:
                values |= {"known": of_clean["confidence"], "unknown": values["confidence"]}
            for name, rule in wanted.items():
                if measured.kind in rule["measured_on"]:
                    yield {
                        "kind": measured.kind,
                        "set": measured.name,
                        "severity": measured.severity,
                        "score": score,
                        "metric": f"{name}{measured.suffix}",
                        "value": value_of(name, plugins[f"metric.{name}"], values) if values else float("nan"),
                        "n": len(measured.said.labels),
                    }


def _outcomes(roles: list[str], folders: Mapping[str, Path], options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what became of the images of each attack on one network."""
    for role in roles:
        stage, name, _ = role.split(".", 2)
        if stage == "attack":
            yield from outcomes(name, folders[role], options["attacks"][name]["black_box"])


def _wants(scores: list[str] | None, score: str) -> bool:
    """Tell whether a metric is computed with a score; "" stands for without one."""
    if scores is None:
        return score != ""
    return score in scores if scores else score == ""


def _values(measured: Measured, score: str) -> dict[str, Any]:
    """Return what metrics can ask for on a set, by parameter name."""
    predicted = measured.said.labels
    # No class is right for an image of no known class: the right thing to do with it is to reject it.
    values: dict[str, Any] = {"predicted": predicted, "correct": np.zeros(len(predicted), dtype=bool)}
    if measured.labels is not None:
        values |= {"labels": measured.labels, "correct": predicted == measured.labels}
    if score:
        values["confidence"] = measured.said.score(score)
    return values


def _histograms(sets: list[Measured], scores: Scores) -> Iterator[dict[str, Any]]:
    """Yield how the binned score is distributed over images of known and of unknown classes.

    Nothing where the study does not have that score, and for a network that diverged.
    """
    for measured in sets:
        if BINNED not in scores or measured.kind not in ("clean", "ood") or not measured.said.finite:
            continue
        counts, _ = np.histogram(measured.said.score(BINNED), bins=BINS, range=(0.0, 1.0))
        for place, count in enumerate(counts):
            yield {
                "kind": measured.kind,
                "set": measured.name,
                "score": BINNED,
                "low": place / BINS,
                "high": (place + 1) / BINS,
                "count": int(count),
            }
