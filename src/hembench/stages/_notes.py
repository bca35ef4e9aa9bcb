"""What a reader of a report should know before the numbers: drawn from the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hembench.stats.interval import t_interval
from hembench.stats.quantities import per_cell

if TYPE_CHECKING:
    import pandas as pd

    from hembench.report.content import Adoption, Measured, Recorded

FEW_SEEDS = 5
"""Up to this many seeds an interval is called wide."""

EASY = 0.97
"""Mean clean accuracy from which a task is called easy."""


def notes(
    metrics: pd.DataFrame,
    measured: tuple[Measured, ...],
    recorded: tuple[Recorded, ...],
    adoptions: tuple[Adoption, ...],
    recipes: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    """Yield warnings, the gravest first; none where there is nothing to warn of.

    Args:
        metrics: the tidy metrics of a study.
        measured: what stands behind the numbers of each condition.
        recorded: what the environments record.
        adoptions: results taken over from other keys.
        recipes: the study's, by name.
    """
    yield from _data(measured)
    yield from _seeds(measured)
    yield from _easy(metrics, measured)
    yield from _attacks(metrics)
    yield from _saturation(metrics)
    yield from _processes(measured, recipes)
    yield from _by_loss(measured, recipes)
    mixed = [one.name for one in recorded if one.mixed]
    if mixed:
        yield f"The results come from machines or versions that differ in {', '.join(mixed)}: table at the end."
    if adoptions:
        yield f"Results taken over from other keys, not computed anew: {len(adoptions)}, listed below."


def _data(measured: tuple[Measured, ...]) -> Iterator[str]:
    subsets = [one.condition for one in measured if one.complete is False]
    if subsets:
        yield (
            f"Not evaluated on the complete published test set: {', '.join(subsets)}. These numbers can't be "
            "compared with published ones."
        )


def _seeds(measured: tuple[Measured, ...]) -> Iterator[str]:
    fewest = min((len(one.seeds) for one in measured), default=0)
    if fewest == 1:
        yield "With one seed there is no interval: a difference between losses may be the luck of that seed."
    elif 1 < fewest <= FEW_SEEDS:
        _, half = t_interval(0.0, 1.0, fewest)
        yield (
            f"With {fewest} seeds an interval is wide (mean ± {half:.2f} standard deviations over the seeds), and "
            "many numbers stand side by side: some will differ by chance. Read a difference as a hint unless the "
            "intervals are far apart."
        )


def _easy(metrics: pd.DataFrame, measured: tuple[Measured, ...]) -> Iterator[str]:
    cells = per_cell(metrics, "clean_accuracy")
    means = cells.groupby("condition", observed=True)["value"].mean()
    easy = [one for one in measured if one.condition in means.index and means[one.condition] >= EASY]
    if easy:
        images = min(one.test_images for one in easy)
        yield (
            f"{', '.join(one.condition for one in easy)}: mean clean accuracy is {100 * EASY:.0f} % or more, so "
            "there is little room for losses to differ on clean images; one test image is "
            f"{100 / images:.2f} points."
        )


def _attacks(metrics: pd.DataFrame) -> Iterator[str]:
    # doubts are shares of some of the images: how many were attacked is the largest number behind a set's rows
    images = metrics[metrics["kind"] == "attack"].groupby("set", observed=True)["n"].max()
    if len(images) and images.min() < 1000:
        count = int(images.min())
        yield f"Attacks were run on {count:,} images: one image is {100 / count:.2f} points of accuracy or DAR."


def _processes(measured: tuple[Measured, ...], recipes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for one in measured:
        settings = recipes.get(one.recipe, {})
        if (processes := settings.get("processes", 1)) > 1:
            batch = settings["batch_size"]
            yield (
                f"{one.condition}: {processes} processes trained each network together, a batch of {batch} images "
                "at a time. Losses are over the batch; batch normalisation, if the network has any, is over the "
                f"{batch // processes} images of a process."
            )


def _by_loss(measured: tuple[Measured, ...], recipes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for one in measured:
        common = _settings(recipes.get(one.recipe, {}))
        for loss, own in recipes.get(one.recipe, {}).get("for_loss", {}).items():
            other = [
                f"{name} {value} (others {common.get(name)})"
                for name, value in _settings(own).items()
                if value != common.get(name)
            ]
            yield f"{one.condition}: not all losses were trained alike: {loss} with {', '.join(other)}."


def _settings(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a recipe by dotted name: ``warmup.epochs``."""
    found: dict[str, Any] = {}
    for name, value in recipe.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": of for inner, of in value.items()}
        else:
            found[name] = value
    return found


def _saturation(metrics: pd.DataFrame) -> Iterator[str]:
    cells = per_cell(metrics, "saturation")
    means = cells.groupby(["condition", "variant"], observed=True)["value"].mean().reset_index()
    if len(means) and means["value"].max() > 0.01:
        most = means.sort_values("value", kind="stable").iloc[-1]
        share = f"{100 * most['value']:.0f}\N{NO-BREAK SPACE}%"
        yield (
            "MSP is the paper's score, computed in float32, where it saturates: for "
            f"{most['variant']} on {most['condition']} it is exactly 1 for {share} of the clean test images. It "
            "can't tell these apart, and ties count half in AUROC. log-MSP has the same order without ties: look "
            "at both."
        )
