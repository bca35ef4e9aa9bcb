"""Every definition of the package is mutated; what the plan makes stale is compared with what jobs really use."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mutants.touched import SCIENCE

from hembench.plan.boundary import BOUNDARY

if TYPE_CHECKING:
    from mutants.stale import Verdict

    from conftest import Traced

ORDER = ("fetch", "prepare", "train", "predict", "attack", "evaluate", "table", "figure", "claims", "report")

LIMIT = {"claims": 0.10}
"""Largest needless share of a stage's stale pairs; 5 % for the stages that are not here (docs/staleness.md)."""

ELSEWHERE = {
    "hembench.engine.determinism._index": "where there is a GPU",
    "hembench.engine.ranks.Ranks._gradients": "where a training has several processes",
    "hembench.losses._reduce._SumOverRanks*": "where a training has several processes",
    "hembench.losses._reduce.sum_over_ranks": "where a training has several processes",
    "hembench.losses._pieces._GPU": "where there is a GPU",
}
"""What the same jobs, under the same keys, do execute or read on other machines."""

EXPLAINED = {
    # the branch of another option
    "hembench.engine.loop.Trainer._again": "of a training in episodes",
    "hembench.stages._predicted._stored": "of predictions that keep scores",
    "hembench.datasets._longtail.kept": "of a set with few images of each class",
    "hembench.datasets._longtail.long_tail_counts": "of a set that is not long-tailed",
    "hembench.losses._pieces.*": "of outputs for each pixel",
    "hembench.losses._dense.*": "of outputs for each pixel",
    "hembench.losses._overlaps.*": "of outputs for each pixel",
    "hembench.losses.ln.LogitNorm._differentiated": "of outputs for each pixel",
    "hembench.losses.mm.MultiMargin._differentiated": "of outputs for each pixel",
    "hembench.losses._errors._safe_power": "of errors that are not raised to a power",
    "hembench.losses._selective._reduced_power": "of errors that are not raised to a power",
    "hembench.stages._attacked.DROPPED_SUFFIX": "of an attack that keeps all images",
    # what other numbers, or fewer of them, would need
    "hembench.claims._compare._best": "of claims on continual learning",
    "hembench.claims._compare._further": "of claims on segmentation",
    "hembench.claims._evidence.Evidence.by_guess": "of claims on continual learning",
    "hembench.claims._evidence._value": "of claims that one study leaves undecided",
    "hembench.claims.words.*": "words for claims that are decided",
    "hembench.figures._layout._legend": "of a figure with few variants",
    "hembench.figures._style.empty": "of a figure without numbers",
    "hembench.report.content.Adoption": "of a report on results that were taken over",
    "hembench.stages._notes.FEW_SEEDS": "of a report on several seeds",
    "hembench.stats.interval.t_interval": "of several seeds",
    "hembench.stats.signed_rank.SignedRank.can_reject": "of several seeds",
    # what nothing reads that runs to its end
    "hembench.losses._arguments._described": "words of an error",
    "hembench.optimisers._optimiser.Optimiser._update": "every optimiser has its own",
    "hembench.losses.hem.HighErrorMargin.extra_repr": "what a notebook shows",
    # what counts whole
    "hembench.claims._claim.Kind": "a hint in a class body",
    "hembench.claims.verdict.Word": "a hint in a class body",
    "hembench.stats.wins.Side": "a hint in a class body",
}
"""Why a definition is in the key of a job that does not use it."""


def test_almost_every_mutant_has_a_verdict(verdicts: list[Verdict]) -> None:
    refused = {verdict.definition.dotted: verdict.refused for verdict in verdicts if verdict.refused}
    print(refused)
    assert len(refused) <= 5, f"the plan must say something of a mutant: {refused}"
    assert len(verdicts) > 1200


def outside(module: str) -> bool:
    """Tell whether a module is in the boundary by itself or by its room."""
    return any(module == name or module.startswith(f"{name}.") for name in BOUNDARY)


def test_no_job_uses_what_its_key_does_not_know(traced: Traced, verdicts: list[Verdict]) -> None:
    """What stages read and execute by themselves; what is around them is judged by its bytes (test_boundary)."""
    missed = {}
    for verdict in verdicts:
        if not outside(verdict.definition.module) and not verdict.refused:
            jobs = traced.touching(verdict.definition, SCIENCE) - verdict.own
            # A fetch has no code in its key: test_boundary.py, too.
            missed[verdict.definition.dotted] = {name for name in jobs if name[0] != "fetch"}
    assert not {name: jobs for name, jobs in missed.items() if jobs}


def test_little_is_made_again_needlessly(traced: Traced, verdicts: list[Verdict]) -> None:
    """Counted are pairs of a mutant and a job that it makes stale by the job's own code; below, by anything."""
    own, needless, elsewhere = Counter[str](), Counter[str](), Counter[str]()
    why: dict[str, Counter[str]] = {}
    every = Counter[str]()
    for verdict in verdicts:
        name, using = verdict.definition.dotted, traced.using(verdict)
        other_machine = any(fnmatchcase(name, pattern) for pattern in ELSEWHERE)
        own.update(stage for stage, _ in verdict.own)
        counts = elsewhere if other_machine else needless
        counts.update(stage for stage, _ in verdict.own - using)
        if verdict.own - using and not other_machine:
            why[name] = Counter(stage for stage, _ in verdict.own - using)
        followed = traced.followed_by(using)
        every["stale"] += len(verdict.stale)
        every["elsewhere" if other_machine else "needless"] += len(verdict.stale - followed)
    show(own, needless, elsewhere)
    print(
        f"| with what follows | {every['stale']:,} | {every['needless'] / every['stale']:.1%} "
        f"| {every['elsewhere'] / every['stale']:.1%} |"
    )
    for name, stages in sorted(why.items(), key=lambda item: -item[1].total()):
        print(f"{name}: {dict(stages)}")

    assert {name for name in why if not any(fnmatchcase(name, pattern) for pattern in EXPLAINED)} == set()
    known = [each.definition.dotted for each in verdicts]
    patterns = [*EXPLAINED, *ELSEWHERE]
    assert [p for p in patterns if not any(fnmatchcase(name, p) for name in known)] == [], "explains nothing"
    share = {stage: needless[stage] / own[stage] for stage in own}
    assert {stage: part for stage, part in share.items() if part > LIMIT.get(stage, 0.05)} == {}


def show(own: Counter[str], needless: Counter[str], elsewhere: Counter[str]) -> None:
    """Print the rows of docs/staleness.md."""
    total = own.total()
    for stage in [stage for stage in ORDER if own[stage]]:
        shares = f"{needless[stage] / own[stage]:.1%} | {elsewhere[stage] / own[stage]:.1%}"
        print(f"| {stage} | {own[stage]:,} | {shares} |")
    print(f"| all | {total:,} | {needless.total() / total:.1%} | {elsewhere.total() / total:.1%} |")
