"""Options, data files and plug-ins are changed one at a time; what is stale is compared with what jobs read."""

from __future__ import annotations

import contextlib
import copy
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from mutants import stale
from mutants.definitions import modules, mutated, of_module
from mutants.studies import STUDY, copied

from hembench.core.errors import HembenchError
from hembench.core.plugins import ENTRY
from hembench.plan.fingerprint import Fingerprinter

if TYPE_CHECKING:
    from conftest import Traced
    from hembench.plan.jobs import Job

WORDS = {
    "activation": ["tanh", "relu"],
    "absent": ["drop"],
    "balance": ["episode"],
    "class_count_unit": ["pixel", "image"],
    "counts": ["episode", "dataset"],
    "criterion": ["ce"],
    "form": ["squared"],
    "gradient": ["sample", "loss"],
    "incremental": ["class", "task"],
    "margin_index": ["competitor"],
    "margin_rule": ["per_class"],
    "mode": ["online"],
    "name": ["adam"],
    "norm": ["L2", "Linf"],
    "optimiser": ["new", "kept"],
    "precision": ["bfloat16"],
    "sha256": ["0" * 64],
    "file": ["other.safetensors"],
    "sixteen": ["B"],
    "student": ["eval"],
    "teacher": ["train"],
    "units": ["seen", "masked", "all"],
}
"""Other values of options that are words."""

NUMBERS = {int: (1, -1), float: (0.25, -0.25)}

NAMES = {
    *("attack", "benchmark", "corruption", "dataset", "evaluate", "loss", "name", "network", "ood", "recipe"),
    "strategy",
}
NO_OTHER = {
    "conditions.*.continual",  # another task, on data of episodes
    "conditions.*.continual.incremental",  # has units of its own
    "conditions.*.continual.units",
    "conditions.*.dense",  # another task, on labels of pixels
    "conditions.*.dense.encoder",  # of a network without one
    "conditions.*.losses",  # a label that nothing uses is refused: it is taken out everywhere, below
    "corruptions.contrast: plug-in",  # published ones are of one data-set
    "corruptions.imagenet1k_made_c_moved: plug-in",
    "corruptions.noise_whole: plug-in",
    "episodes.permuted_digits: plug-in",  # learnt by class, by task or neither
    "episodes.two_parts: plug-in",
    "evaluate.severities",  # MNIST-C has one
    "evaluat*.predict.main.clean",  # some group must have it
    "evaluat*.predict.main.corruptions",
    "evaluate.predict.main.ood",
    "losses.ce: plug-in",  # a matrix is learnt for a classification alone
    "losses.class_similarity.matrix",  # one row for each class
    "ood.blobs: plug-in",  # the digits themselves
    "order",
    "recipes.*.augmentation",  # has options of its own
    "recipes.*.optimiser.nesterov",  # needs momentum
    "recipes.*.processes",  # of a classification alone
    "task",  # there is one
}
EXPLAINED = {
    "recipes.*.warmup.start_factor": "a recipe is handed over whole; without warm-up nobody asks for it",
}

SETS = ("imagenet1k_made_c", "mnist_c_ours", "photographs_made_c")

RAW = ("datasets.digits", "datasets.imagenet1k_made", "datasets.scenes_in_shards", "corruptions.imagenet1k_made_c")
"""Data-sets whose checksums are changed: in memory, in shards, with a label for each pixel, corruptions."""

LIMIT = 0.05
"""Largest share of jobs that are stale by an option that they do not read."""


def written_out(traced: Traced) -> dict[str, Any]:
    """Return the study with every option that it has, defaults filled in."""
    study: dict[str, Any] = yaml.safe_load(traced.plan.find("report", "tiny").options["config"])
    study["evaluate"]["severities"] = [1]
    given = yaml.safe_load(STUDY)
    pairs = [(study["evaluate"], given["evaluate"])]
    pairs += [(study["evaluations"][label], said) for label, said in given["evaluations"].items()]
    for written, said in pairs:  # sets of corruptions are written out as their members
        for name, group in said["predict"].items():
            written["predict"][name]["corruptions"] = group.get("corruptions", [])
    for name in SETS:  # nobody needs a label for a whole set
        del study["corruptions"][name]
    del study["keyed_libraries"]  # puts into keys what no job reads: that is what it is for
    return study


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every option in a study: of what is no mapping, and no list of mappings."""
    if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))
    else:
        yield path


def others(path: tuple[Any, ...], value: Any) -> list[Any]:
    """Return other values of an option, of which the study may refuse some."""
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + step for step in NUMBERS[type(value)]]
        case None:
            return [0.5, 2]
        case str():
            words = [word for word in WORDS.get(str(path[-1]), []) if word != value]
            return [*words, f"{value}_other"]
        case list():
            more = [*value, max(value) + 1] if value and isinstance(value[0], int) else [1]
            return [value[:-1], more]
    raise TypeError(path)


def with_option(study: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    edited = copy.deepcopy(study)
    inner = edited
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return edited


def edits(study: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield what is changed, and studies with that change, of which the first that is valid counts."""
    for path in places(study):
        value = study
        for key in path:
            value = value[key]
        yield ".".join(map(str, path)), [with_option(study, path, other) for other in others(path, value)]
    for section in ("losses", "networks", "ood", "corruptions", "episodes", "strategies"):
        labels = list(study[section])
        for label, other in zip(labels, [*labels[1:], labels[0]], strict=True):
            yield f"{section}.{label}: plug-in", [with_option(study, (section, label), study[section][other])]
    for label in ("phase", "contrast", "mm_thres"):
        yield f"without {label}", [without(study, label)]


def without(value: Any, label: str) -> Any:
    """Return a study in which a label is named nowhere."""
    if isinstance(value, dict):
        return {key: without(inner, label) for key, inner in value.items() if key != label}
    return [without(each, label) for each in value if each != label] if isinstance(value, list) else value


def leaves(options: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Return options by path, as the tracer names them; an empty mapping has none."""
    found = {}
    for key, value in options.items():
        found |= leaves(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return found


def differences(before: Job, after: Job) -> set[str]:
    old, new = leaves(before.options), leaves(after.options)
    return {path for path in old.keys() | new.keys() if old.get(path, ...) != new.get(path, ...)}


def handed_over(job: Job) -> Any:
    """Return all that the driver gives a stage."""
    return job.file, job.options, job.plugins, job.inputs


def told_of(old: Job, new: Job) -> bool:
    """Tell whether a job is handed something else, besides other inputs in the same roles."""
    return old.options != new.options or old.plugins != new.plugins or old.inputs.keys() != new.inputs.keys()


def reads(traced: Traced, old: Job, new: Job) -> bool:
    """Tell whether a job reads an option that differs, or calls or reads something else."""
    read = bool(differences(old, new) & traced.options[old.stage, old.cell])
    return read or old.plugins != new.plugins or old.inputs.keys() != new.inputs.keys()


def matches(words: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(words, pattern) for pattern in patterns)


def first_valid(
    traced: Traced, variants: list[dict[str, Any]], fingerprinter: Fingerprinter
) -> dict[stale.Name, Job] | None:
    for study in variants:
        with contextlib.suppress(HembenchError):
            return stale.by_name(stale.plan(traced.root, study, fingerprinter))
    return None


def test_an_option_makes_stale_what_reads_it(traced: Traced) -> None:
    study = written_out(traced)
    fingerprinter = Fingerprinter(traced.root / "src" / "hembench")  # the code is the same throughout
    before = stale.by_name(stale.plan(traced.root, study, fingerprinter))
    assert {name: job.key for name, job in before.items()} == {name: job.key for name, job in traced.jobs.items()}
    own, needless, count = Counter[str](), Counter[str](), 0
    all_stale = all_needless = 0
    unchanged, unread = set[str](), set[str]()
    for words, variants in edits(study):
        after = first_valid(traced, variants, fingerprinter)
        if after is None:
            unchanged.add(words)
            continue
        count += 1
        both = {name for name in before if name in after}
        differ = {name for name in both if before[name].key != after[name].key}
        for name in both - differ:
            assert handed_over(before[name]) == handed_over(after[name]), (words, name)
        told = {name for name in differ if told_of(before[name], after[name])}
        reading = {name for name in told if reads(traced, before[name], after[name])}
        own.update(stage for stage, _ in told)
        needless.update(stage for stage, _ in told - reading)
        unread |= {words} if told - reading else set()
        all_stale += len(differ)
        all_needless += len(differ - traced.followed_by(reading))
    print(f"{count} edits; not read by all that are stale: {sorted(unread)}")
    for stage in own:
        print(f"| {stage} | {own[stage]:,} | {needless[stage]} | {needless[stage] / own[stage]:.1%} |")
    print(f"| with what follows | {all_stale:,} | {all_needless} | {all_needless / all_stale:.1%} |")
    assert all_needless / all_stale <= LIMIT
    assert {words for words in unread if not matches(words, EXPLAINED)} == set()
    assert count > 300
    # Names of plug-ins are exchanged by themselves; labels, and the rest, have no other value in this study.
    without_other = {words for words in unchanged if words.rpartition(".")[2] not in NAMES}
    assert {words for words in without_other if not matches(words, NO_OTHER)} == set()


@pytest.mark.parametrize("name", RAW)
def test_the_checksum_of_a_raw_file_makes_stale_what_is_made_from_it(
    name: str, traced: Traced, project: Path, tmp_path: Path
) -> None:
    root = copied(project, tmp_path / "project")
    module = f"hembench.{name}"
    path = modules(root / "src" / "hembench")[module]
    source = path.read_text(encoding="utf-8")
    (files,) = (each for each in of_module(module, source) if each.name == "FILES")
    path.write_text(mutated(source, files), encoding="utf-8")
    after = stale.by_name(stale.plan(root, STUDY))
    folder = traced.root / "data" / name.rpartition(".")[2]
    reading = {job for job, opened in traced.opened.items() if any(Path(f).is_relative_to(folder) for f in opened)}
    # A set that is made of another one's raw file, under its own name, compares it with the other one's checksum.
    comparing = {job for job, uses in traced.science.items() if (module, "FILES") in uses.used}
    assert {stage for stage, _ in reading} == {"fetch", "prepare"}
    assert {stage for stage, _ in comparing} <= {"fetch", "prepare"}
    of_others = {job for job in comparing - reading if job[0] == "fetch"}
    assert stale.changed(traced.jobs, after) == traced.followed_by(reading | comparing - of_others)


def test_a_job_opens_nothing_of_the_project_but_its_inputs(traced: Traced) -> None:
    """No file of the project counts in secret: code, the frozen plan, its own folder, its inputs, its raw data."""
    for name, job in traced.jobs.items():
        ours = ("src", "watched", "results/plans", f"results/{job.path}")
        allowed = [traced.root / part for part in ours]
        allowed += [traced.root / "results" / path for path in job.inputs.values()]
        if job.stage == "fetch" or any(path.startswith("fetch/") for path in job.inputs.values()):
            allowed.append(traced.root / "data")
        if job.file == "prepare_encoder":
            allowed.append(traced.root / "data" / "encoders")
        inside = {file for file in traced.opened[name] if Path(file).is_relative_to(traced.root)}
        assert {f for f in inside if not any(Path(f).is_relative_to(folder) for folder in allowed)} == set()
        assert inside, "the tracer sees files"


def test_a_new_plugin_makes_nothing_stale(traced: Traced, project: Path, tmp_path: Path) -> None:
    root = copied(project, tmp_path / "project")
    for kind in ENTRY:
        newcomer(root, kind, "accuracy" if kind == "metrics" else "")
    assert stale.changed(traced.jobs, stale.by_name(stale.plan(root, STUDY))) == set()


@pytest.mark.parametrize(("metric", "file"), [("final_accuracy", "evaluate_episodes"), ("iou", "evaluate_dense")])
def test_a_new_metric_of_episodes_or_pixels_is_taken_and_makes_these_evaluations_stale(
    metric: str, file: str, traced: Traced, project: Path, tmp_path: Path
) -> None:
    root = copied(project, tmp_path / "project")
    newcomer(root, "metrics", metric)
    taking = {name for name, job in traced.jobs.items() if job.file == file}
    assert stale.changed(traced.jobs, stale.by_name(stale.plan(root, STUDY))) == traced.followed_by(taking)


def newcomer(root: Path, kind: str, example: str) -> None:
    """Add a plug-in like another one of its kind."""
    folder = root / "src" / "hembench" / kind
    path = folder / f"{example}.py" if example else min(folder.glob("[a-z]*.py"))
    text = path.read_text(encoding="utf-8").replace(f"def {path.stem}(", "def newcomer(")
    (folder / "newcomer.py").write_text(text, encoding="utf-8")
