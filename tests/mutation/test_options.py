"""Options, data files and plug-ins are changed one at a time; what is stale is compared with what jobs read."""

from __future__ import annotations

import contextlib
import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from mutants import stale
from mutants.definitions import modules, mutated, of_module
from mutants.studies import STUDY, copied

from hembench.core.errors import HembenchError
from hembench.core.plugins import ENTRY

if TYPE_CHECKING:
    from conftest import Traced
    from hembench.plan.jobs import Job

WORDS = {
    "activation": ["tanh"],
    "absent": ["drop"],
    "form": ["squared"],
    "margin_index": ["competitor"],
    "margin_rule": ["per_class"],
    "name": ["adam"],
    "norm": ["L2"],
    "precision": ["bfloat16"],
    "sixteen": ["B"],
}
"""Other values of options that are words."""

NUMBERS = {int: (1, -1), float: (0.25, -0.25)}

NAMES = {"attack", "corruption", "dataset", "evaluate", "loss", "network", "ood", "recipe"}
NO_OTHER = {
    *(f"conditions.{number}.continual" for number in range(3)),  # another task, on data of episodes
    *(f"conditions.{number}.dense" for number in range(3)),  # another task, on labels of pixels
    "conditions.0.losses",  # a label that nothing uses is refused: it is taken out everywhere, below
    "evaluate.predict.main.clean",  # some group must have it
    "evaluate.predict.main.corruptions",
    "evaluate.predict.main.ood",
    "order",
    "recipes.one_epoch.augmentation",  # has options of its own
    "recipes.one_epoch.optimiser.name",  # another one has other options
    "recipes.one_epoch.optimiser.nesterov",  # needs momentum
    "task",  # there is one
}
EXPLAINED = {
    "recipes.one_epoch.warmup.start_factor": "a recipe is handed over whole; without warm-up nobody asks for it",
}

LIMIT = 0.05
"""Largest share of jobs that are stale by an option that they do not read."""


def written_out(traced: Traced) -> dict[str, Any]:
    """Return the study with every option that it has, defaults filled in."""
    study: dict[str, Any] = yaml.safe_load(traced.plan.find("report", "tiny").options["config"])
    study["evaluate"]["severities"] = [1]
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
            return [*WORDS.get(str(path[-1]), []), f"{value}_other"]
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
    for section in ("losses", "networks", "ood", "corruptions"):
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


def first_valid(traced: Traced, variants: list[dict[str, Any]]) -> dict[stale.Name, Job] | None:
    for study in variants:
        with contextlib.suppress(HembenchError):
            return stale.by_name(stale.plan(traced.root, study))
    return None


def test_an_option_makes_stale_what_reads_it(traced: Traced) -> None:
    study = written_out(traced)
    before = stale.by_name(stale.plan(traced.root, study))
    assert {name: job.key for name, job in before.items()} == {name: job.key for name, job in traced.jobs.items()}
    own, needless, count = Counter[str](), Counter[str](), 0
    all_stale = all_needless = 0
    unchanged, unread = set[str](), set[str]()
    for words, variants in edits(study):
        after = first_valid(traced, variants)
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
    assert unread <= set(EXPLAINED)
    assert count > 90
    # Names of plug-ins are exchanged by themselves; labels, and the rest, have no other value in this study.
    assert {words for words in unchanged if words.rpartition(".")[2] not in NAMES} <= NO_OTHER


def test_the_checksum_of_a_raw_file_makes_stale_what_is_made_from_it(
    traced: Traced, project: Path, tmp_path: Path
) -> None:
    root = copied(project, tmp_path / "project")
    path = modules(root / "src" / "hembench")["hembench.datasets.digits"]
    source = path.read_text(encoding="utf-8")
    (files,) = (each for each in of_module("hembench.datasets.digits", source) if each.name == "FILES")
    path.write_text(mutated(source, files), encoding="utf-8")
    after = stale.by_name(stale.plan(root, STUDY))
    data = str(traced.root / "data")
    reading = {name for name, opened in traced.opened.items() if any(file.startswith(data) for file in opened)}
    assert {stage for stage, _ in reading} == {"fetch", "prepare"}
    assert stale.changed(traced.jobs, after) == traced.followed_by(reading)


def test_a_job_opens_nothing_of_the_project_but_its_inputs(traced: Traced) -> None:
    """No file of the project counts in secret: code, the frozen plan, its own folder, its inputs, its raw data."""
    for name, job in traced.jobs.items():
        ours = ("src", "watched", "results/plans", f"results/{job.path}")
        allowed = [traced.root / part for part in ours]
        allowed += [traced.root / "results" / path for path in job.inputs.values()]
        if job.stage == "fetch" or any(path.startswith("fetch/") for path in job.inputs.values()):
            allowed.append(traced.root / "data")
        inside = {file for file in traced.opened[name] if Path(file).is_relative_to(traced.root)}
        assert {f for f in inside if not any(Path(f).is_relative_to(folder) for folder in allowed)} == set()
        assert inside, "the tracer sees files"


def test_a_new_plugin_makes_nothing_stale(traced: Traced, project: Path, tmp_path: Path) -> None:
    root = copied(project, tmp_path / "project")
    for kind in ENTRY:
        folder = root / "src" / "hembench" / kind
        example = next(folder.glob("[a-z]*.py"))
        text = example.read_text(encoding="utf-8").replace(f"def {example.stem}(", "def newcomer(")
        (folder / "newcomer.py").write_text(text, encoding="utf-8")
    assert stale.changed(traced.jobs, stale.by_name(stale.plan(root, STUDY))) == set()
