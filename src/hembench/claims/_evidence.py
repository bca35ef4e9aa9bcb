"""What verdicts rest on, and which of its variants and conditions a claim is about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from hembench.claims._claim import SCOPES, Claim, Part


@dataclass(frozen=True)
class Condition:
    """What metrics don't say of a condition.

    Attributes:
        name: of the condition.
        dataset: its label in the study; of continual learning the benchmark's.
        network: its label in the study, of segmentation with what is chosen for it; of continual learning the
            strategy's, with the incremental type.
        uncounted: the same without the unit in which classes are counted.
        unit: of segmentation: that unit.
        stands: whether it counts. Of conditions that differ in the unit alone one does: they are one network.
        of_paper: the pair of the paper's (stats/conditions.py) that it is, whatever the labels; None: none.
        long_tailed: whether its classes are imbalanced.
        complete: whether the data-set is the whole published one.
        training_images: of the published training set.
        task: what is learnt.
        pair: of continual learning: its benchmark and strategy, where they are learnt as we read the paper, also
            if the study's guess does not have them among the paper's; else None.
        guesses: of such a pair: by each guess which pairs are the paper's, whether it is one.
    """

    name: str
    dataset: str
    network: str
    of_paper: Sequence[str] | None
    long_tailed: bool
    complete: bool
    training_images: int
    task: str = "classification"
    uncounted: str = ""
    unit: str = ""
    stands: bool = True
    pair: Sequence[str] | None = None
    guesses: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """A loss under its label, with all its options; ``plain`` where all of them are the defaults."""

    label: str
    loss: str
    options: Mapping[str, Any]
    plain: bool = False


@dataclass(frozen=True)
class Evidence:
    """What verdicts rest on.

    Attributes:
        frames: the tidy frames "metrics", "histories" and "histograms", of one study or of several.
        conditions: of these studies, in the order to be shown.
        variants: of these studies, in the order to be shown.
        margin: how far apart still counts as comparable, in points.
    """

    frames: Mapping[str, pd.DataFrame]
    conditions: tuple[Condition, ...]
    variants: tuple[Variant, ...]
    margin: float = 1.0

    @property
    def tasks(self) -> set[str]:
        """What these studies learn."""
        return {condition.task for condition in self.conditions}

    def by_guess(self, guess: str) -> Evidence:
        """Return the same with another guess which pairs of continual learning are the paper's."""
        return replace(
            self,
            conditions=tuple(
                replace(one, of_paper=one.pair if one.guesses[guess] else None) if one.pair else one
                for one in self.conditions
            ),
        )


def assignments(claim: Claim, evidence: Evidence) -> list[tuple[str, dict[str, str]]]:
    """Return (label, name in the claim -> label) for each variant that the claim is judged for.

    HEM and HEM+ stand for all their variants; the other losses for one of them, see ``standing``.
    """
    stands = standing(evidence)
    of_loss = [one for one in evidence.variants if one.loss == claim.focus]
    if claim.varies:
        labels = [one.label for one in of_loss if _varies(claim, one, of_loss, evidence)]
        return [(label, stands | {f"{claim.focus}*": label}) for label in labels] or [(f"{claim.focus}*", stands)]
    if claim.focus not in ("hem", "hem_plus") or not claim.parts:
        return [(stands.get(claim.focus, claim.focus), stands)]
    return [(one.label, stands | {claim.focus: one.label}) for one in of_loss] or [(claim.focus, stands)]


def standing(evidence: Evidence) -> dict[str, str]:
    """Return loss -> label of the variant that stands for it: the one named after it, else the first plain one."""
    labels = {one.loss: one.label for one in reversed(evidence.variants) if one.plain}
    return labels | {one.loss: one.label for one in evidence.variants if one.label == one.loss}


def _varies(claim: Claim, variant: Variant, of_loss: list[Variant], evidence: Evidence) -> bool:
    """Tell whether a variant differs from the one standing for its loss in what the claim varies, in no more."""
    plain = next((one for one in of_loss if one.label == standing(evidence).get(claim.focus)), None)
    if plain is None or variant is plain:
        return False
    if {name for name in plain.options if plain.options[name] != variant.options[name]} != {claim.varies}:
        return False
    wanted, _ = chosen(claim.parts[0].scope, evidence)
    images = wanted[0].training_images if wanted else 0
    was, now = (_value(one.options, claim.varies, images) for one in (plain, variant))
    if claim.towards == "any" or math.isnan(was) or math.isnan(now):
        return claim.towards == "any"
    return now > was if claim.towards == "larger" else now < was


def _value(options: Mapping[str, Any], name: str, images: int) -> float:
    """Return an option as a number; a margin that is not given follows from the number of training images."""
    if options[name] is not None:
        return float(options[name])
    return math.sqrt(options["margin_constant"] / images) if name == "margin" and images else math.nan


def named(part: Part, names: Mapping[str, str]) -> Part:
    second = part.second if isinstance(part.second, float) else names.get(part.second, part.second)
    return replace(part, first=names.get(part.first, part.first), second=second)


def trained_by(recipe: str, condition: Condition) -> str:
    """Return the name of the condition with the same data-set and network and this recipe; its own for none."""
    return f"{condition.dataset}-{condition.network}-{recipe}" if recipe else condition.name


def chosen(scope: str, evidence: Evidence) -> tuple[list[Condition], int]:
    """Return the conditions that count for a scope, and how many of them are the paper's.

    Where a study has conditions of the paper, only these count, each once; else all that are of the scope's sort,
    if that is not about the paper's alone, in one unit of counting each.
    """
    wanted = SCOPES[scope]
    of_paper: dict[tuple[str, str], Condition] = {}
    for condition in evidence.conditions:
        if condition.of_paper is not None and condition.task == wanted.task:
            dataset, network = condition.of_paper
            if (dataset, network) in wanted.conditions:
                of_paper.setdefault((dataset, network), condition)
    if of_paper or wanted.exact:
        return list(of_paper.values()), len(of_paper)
    of_sort = (wanted.task, wanted.long_tailed)
    return [one for one in evidence.conditions if one.stands and (one.task, one.long_tailed) == of_sort], 0
