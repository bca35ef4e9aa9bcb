"""Every definition of the package is mutated; what the plan makes stale is compared with what jobs really use."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mutants.touched import SCIENCE, within

from hembench.plan.boundary import BOUNDARY

if TYPE_CHECKING:
    from mutants.stale import Verdict

    from conftest import Traced
    from hembench.plan.jobs import Job

SHARDS, CONTINUAL, SEGMENTATION = "sets in shards", "continual learning", "segmentation"
ORDER = (
    *(
        "fetch",
        "prepare",
        "train",
        "predict",
        "attack",
        "derive",
        "evaluate",
        "table",
        "figure",
        "claims",
        "report",
    ),
    *(SHARDS, CONTINUAL, SEGMENTATION),
)
"""Rows of docs/staleness.md: stages of a classification, and all jobs of what is done otherwise."""

OTHERWISE = {
    "evaluate_episodes": CONTINUAL,
    "derive_class_counts": SEGMENTATION,
    "evaluate_dense": SEGMENTATION,
    "prepare_dense": SEGMENTATION,
    "prepare_encoder": SEGMENTATION,
    **dict.fromkeys(("continual", "accuracy_matrix", "importance", "fig7_continual"), CONTINUAL),
    **dict.fromkeys(("segmentation", "classes", "segmentation_examples", "fig8_segmentation"), SEGMENTATION),
}
"""Rows of files of stages, of tasks, of tables and figures; the others are rows of their stage."""

LIMIT = 0.05
"""Largest needless share of all stale pairs, and of those of a row that is not below (docs/staleness.md)."""

LIMITS = {SHARDS: 0.19, CONTINUAL: 0.10, SEGMENTATION: 0.08}

FOLLOWING = 0.05
"""The same of all that a mutant makes stale, with what follows from inputs."""

ELSEWHERE = {
    "hembench.engine.determinism._index": "where there is a GPU",
    "hembench.engine.ranks.Ranks._gradients": "where a training has several processes",
    "hembench.losses._reduce._SumOverRanks*": "where a training has several processes",
    "hembench.losses._reduce.sum_over_ranks": "where a training has several processes",
    "hembench.losses._pieces._GPU": "where there is a GPU",
}
"""What the same jobs, under the same keys, do execute or read on other machines."""

EXPLAINED = {
    # of another task, or another way to hold data
    "hembench.engine.course.Course.*": "of trainings of the other tasks, each of which has its own",
    "hembench.engine.inference.logits": "of predictions of a classification, and of strategies with a teacher",
    "hembench.engine.loop.Trainer._again": "of a training in episodes",
    "hembench.engine.samples.in_order": "of predictions of a classification",
    "hembench.engine.samples.order_of": "of a training that is not in episodes",
    "hembench.engine.streamed.*": "of trainings on a set in shards; others that read it have it, too",
    "hembench.sets.shards.Sharded*": "of a set in shards: as a stream, as a whole, or some of its images",
    "hembench.store.content.read_mapped": "of the images of a set in shards",
    "hembench.store.content.read_weights": "of a training that begins with an encoder's weights",
    "hembench.store.content.shard_name": "of the images of a set in shards",
    "hembench.tasks.segmentation.begin_with": "of a training that begins with an encoder's weights",
    "hembench.losses._dense.*": "of outputs for each pixel",
    "hembench.losses._overlaps.*": "of outputs for each pixel",
    "hembench.losses._pieces.*": "of outputs for each pixel, and of many of them",
    "hembench.losses.dice.Dice._overlaps": "of outputs for each image",
    "hembench.losses.ln.LogitNorm._differentiated": "of outputs for each pixel",
    "hembench.losses.mm.MultiMargin._differentiated": "of outputs for each pixel",
    "hembench.figures._grouped.*": "of a figure on classification",
    "hembench.figures._paper.*": "of a figure on classification",
    "hembench.stats.conditions.*": "the paper's conditions of another task",
    "hembench.core.digest.*": "of a training set in shards, which are random samples of it",
    "hembench.core.streams.*": "of a training set in shards, which are random samples of it",
    "hembench.losses._cross_entropy.*": "of outputs for each image",
    "hembench.stats.across.*": "of a table on the paper's own conditions",
    "hembench.stats.interval.*": "of several seeds of the paper's own conditions",
    "hembench.tables.recipes.*": "of a table on the paper's own conditions",
    # the branch of another option, or of another plug-in
    "hembench.datasets._longtail.kept": "of a set with few images of each class",
    "hembench.datasets._longtail.long_tail_counts": "of a set that is not long-tailed",
    "hembench.datasets._pictures.*": "of pictures of one size, of others, or read one by one",
    "hembench.episodes._episode.Episode.changed": "of permuted pixels",
    "hembench.losses._errors._safe_power": "of errors that are not raised to a power",
    "hembench.losses._selective._reduced_power": "of errors that are not raised to a power",
    "hembench.stages._attacked.DROPPED_SUFFIX": "of an attack that keeps all images",
    "hembench.stages._examples.*": "of an evaluation that shows pictures",
    "hembench.stages._predicted._stored": "of predictions that keep scores",
    "hembench.strategies._strategy.Strategy.*": "of strategies that have no such step of their own",
    "hembench.tasks._heads.MASKED": "of units that are masked",
    "hembench.tasks._heads._shared": "of an episode's own counts and units",
    "hembench.tasks._normalised.Normalised*": "of input that is normalised",
    # what other numbers, or fewer of them, would need
    "hembench.claims._compare._further": "of claims on segmentation",
    "hembench.claims._evidence.Evidence.by_guess": "of claims on several of the paper's pairs",
    "hembench.claims._evidence._value": "of claims that one study leaves undecided",
    "hembench.figures._layout._legend": "of a figure with few variants",
    "hembench.figures.fig8_segmentation.*": "of a figure on several units of counting",
    "hembench.figures._style.empty": "of a figure without numbers",
    "hembench.figures.segmentation_examples.NOTHING": "of a figure without numbers",
    "hembench.report.content.Adoption": "of a report on results that were taken over",
    "hembench.stages._notes.FEW_SEEDS": "of a report on several seeds of each condition",
    # what nothing reads that runs to its end
    "hembench.datasets._archive.*": "of a damaged archive",
    "hembench.losses._arguments._described": "words of an error",
    "hembench.optimisers._optimiser.Optimiser._update": "every optimiser has its own",
    "hembench.losses.hem.HighErrorMargin.extra_repr": "what a notebook shows",
    # what counts whole
    "hembench.claims._claim.Kind": "a hint in a class body",
    "hembench.claims.verdict.Word": "a hint in a class body",
    "hembench.datasets._dense.Decoded*": "its body makes a call, which importing the module runs",
    "hembench.stats.wins.Side": "a hint in a class body",
}
"""Why a definition is in the key of a job that does not use it."""


REFUSED = {
    "hembench.attacks.*.ATTACKS": "a part that works on logits alone and is none of the attack's",
    "hembench.attacks.*.BLACK_BOX": "a part that works on logits alone and is none of the attack's",
    "hembench.augmentations.*.OF_LABELS": "an augmentation of pictures that leaves the labels of pixels behind",
    "hembench.corruptions.*.OF": "corruptions of another data-set's images",
    "hembench.corruptions.*.SEVERITIES": "no such severity as the study asks for",
    "hembench.corruptions.*.MEMBERS": "a member of a set of corruptions that there is not",
    "hembench.datasets.*.IGNORED": "another label of pixels without a class than crops and examples take",
    "hembench.episodes.*.DATASET": "episodes of another data-set",
    "hembench.episodes.*.INCREMENTAL": "a kind of episodes that there is not",
    "hembench.losses.class_similarity.DERIVED": "a stage file that there is not",
}
"""Mutants of which there is no plan, so that nothing runs: what the plan says is wrong with them."""

EVERY = (
    *("augmentations", "episodes", "frames", "losses", "metrics", "ood", "optimisers", "scores", "sets"),
    *("strategies", "tasks"),
)
"""Kinds of plug-ins of which each one is executed."""

NOT_BY_ITSELF = {"acceptance_threshold"}
"""A metric that no study asks for: another one uses it."""


def test_every_stage_and_plugin_that_a_result_goes_through_is_executed(traced: Traced) -> None:
    files = {
        path.stem for path in (traced.root / "src/hembench/stages").glob("*.py") if "SCHEMA =" in path.read_text()
    }
    assert files == {job.file for job in traced.jobs.values()}
    called = {(kind, name) for job in traced.jobs.values() for kind, name, _ in job.plugins.values()}
    for kind in EVERY:
        there = {path.stem for path in (traced.root / "src/hembench" / kind).glob("[a-z]*.py")}
        assert there - NOT_BY_ITSELF == {name for of_kind, name in called if of_kind == kind}


def test_almost_every_mutant_has_a_verdict(verdicts: list[Verdict]) -> None:
    refused = {verdict.definition.dotted: verdict.refused for verdict in verdicts if verdict.refused}
    print(refused)
    assert {name for name in refused if not any(fnmatchcase(name, pattern) for pattern in REFUSED)} == set()
    assert [pattern for pattern in REFUSED if not any(fnmatchcase(name, pattern) for name in refused)] == []
    assert len(verdicts) > 2600


def test_no_job_uses_what_its_key_does_not_know(traced: Traced, verdicts: list[Verdict]) -> None:
    """What stages read and execute by themselves; what is around them is judged by its bytes (test_boundary)."""
    missed = {}
    for verdict in verdicts:
        if not within(verdict.definition.module, BOUNDARY) and not verdict.refused:
            jobs = traced.touching(verdict.definition, SCIENCE) - verdict.own
            # A fetch has no code in its key: test_boundary.py, too.
            missed[verdict.definition.dotted] = {name for name in jobs if name[0] != "fetch"}
    assert not {name: jobs for name, jobs in missed.items() if jobs}


def row(job: Job) -> str:
    """Return the row in which a job is counted."""
    if job.file.endswith("_shards") or ("sets", "shards", "read") in job.plugins.values():
        return SHARDS
    page = job.options[job.stage]["name"] if job.stage in ("table", "figure") else ""
    return next((OTHERWISE[of] for of in (job.options.get("task"), job.file, page) if of in OTHERWISE), job.stage)


def test_little_is_made_again_needlessly(traced: Traced, verdicts: list[Verdict]) -> None:
    """Counted are pairs of a mutant and a job that it makes stale by the job's own code; below, by anything."""
    own, needless, elsewhere = Counter[str](), Counter[str](), Counter[str]()
    why: dict[str, Counter[str]] = {}
    every = Counter[str]()
    rows = {name: row(job) for name, job in traced.jobs.items()}
    for verdict in verdicts:
        name, using = verdict.definition.dotted, traced.using(verdict)
        other_machine = any(fnmatchcase(name, pattern) for pattern in ELSEWHERE)
        own.update(rows[job] for job in verdict.own)
        counts = elsewhere if other_machine else needless
        counts.update(rows[job] for job in verdict.own - using)
        if verdict.own - using and not other_machine:
            why[name] = Counter(rows[job] for job in verdict.own - using)
        followed = traced.followed_by(using)
        every["stale"] += len(verdict.stale)
        every["elsewhere" if other_machine else "needless"] += len(verdict.stale - followed)
    show(own, needless, elsewhere)
    print(
        f"| with what follows | {every['stale']:,} | {every['needless'] / every['stale']:.1%} "
        f"| {every['elsewhere'] / every['stale']:.1%} |"
    )
    for name, of_row in sorted(why.items(), key=lambda item: -item[1].total()):
        print(f"{name}: {dict(of_row)}")

    assert {name for name in why if not any(fnmatchcase(name, pattern) for pattern in EXPLAINED)} == set()
    known = [each.definition.dotted for each in verdicts]
    patterns = [*EXPLAINED, *ELSEWHERE]
    assert [p for p in patterns if not any(fnmatchcase(name, p) for name in known)] == [], "explains nothing"
    share = {each: needless[each] / own[each] for each in own}
    assert {each: part for each, part in share.items() if part > LIMITS.get(each, LIMIT)} == {}
    assert needless.total() / own.total() <= LIMIT
    assert every["needless"] / every["stale"] <= FOLLOWING


def show(own: Counter[str], needless: Counter[str], elsewhere: Counter[str]) -> None:
    """Print the rows of docs/staleness.md."""
    total = own.total()
    for each in [each for each in ORDER if own[each]]:
        shares = f"{needless[each] / own[each]:.1%} | {elsewhere[each] / own[each]:.1%}"
        print(f"| {each} | {own[each]:,} | {shares} |")
    print(f"| all | {total:,} | {needless.total() / total:.1%} | {elsewhere.total() / total:.1%} |")
