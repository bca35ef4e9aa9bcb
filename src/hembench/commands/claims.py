"""The verdicts on the paper's claims by everything that some studies have measured so far."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hembench.commands._study import Loaded, load_study, project_root, recipes_folder, study_file
from hembench.core.errors import ConfigError, StoreError
from hembench.plan.cells import Condition, conditions_of, variant_order
from hembench.plan.claims import facts, stands
from hembench.plan.study import ClaimsConfig, read
from hembench.store import artefact
from hembench.store.content import read_frame

if TYPE_CHECKING:
    import pandas as pd

    from hembench.claims.verdict import ClaimVerdict

HELP = """Judge the paper's claims by what the studies have measured so far: supported, contradicted, undecided or
not measured, with both intervals, Holm's p and the conditions behind each. Several studies are taken together."""
EXAMPLE = "hembench claims mnist"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("studies", nargs="+", metavar="STUDY", help="name (config/NAME.yaml) or path of a study")
    parser.add_argument("--json", action="store_true", help="print the verdicts with all their numbers as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    studies = [_load(name) for name in arguments.studies]
    options = _together(studies)
    found = _verdicts(_frames([study.loaded for study in studies]), options)
    if arguments.json:
        from hembench.claims.words import plain

        document = {"studies": options["studies"], "margin": options["margin"], "verdicts": plain(found)}
        print(json.dumps(document, indent=1, allow_nan=False))
    else:
        print("\n".join(_lines(found, options)))
    return 0


@dataclass(frozen=True)
class Judged:
    """A study, its conditions, and what claims must know of both (``plan.claims.facts``)."""

    loaded: Loaded
    conditions: list[Condition]
    facts: dict[str, Any]


def _load(name: str) -> Judged:
    root = project_root()
    file = study_file(name, root)
    study = read(file)
    recipes = recipes_folder(root)
    conditions = conditions_of(study, recipes)
    config = study.claims or ClaimsConfig.model_validate({})
    known = facts(study.study, conditions, variant_order(study), config, recipes)
    return Judged(replace(load_study(study, root), file=file), conditions, known)


def _together(studies: list[Judged]) -> dict[str, Any]:
    """Return the facts of several studies as those of one.

    Raises:
        ConfigError: a label means different losses in two of them, or they have different margins.
    """
    variants: dict[str, dict[str, Any]] = {}
    conditions: dict[str, dict[str, Any]] = {}
    parts = [study.facts for study in studies]
    standing = stands([condition for study in studies for condition in study.conditions])
    for part in parts:
        for variant in part["variants"]:
            if variants.setdefault(variant["label"], variant) != variant:
                raise ConfigError(
                    f"{variant['label']!r} is not the same loss in all of these studies: "
                    f"{variants[variant['label']]} and {variant}. Judge them one by one."
                )
        for condition in part["conditions"]:
            name = condition["name"]
            conditions.setdefault(name, condition | {"stands": name in standing})
    margins = {part["margin"] for part in parts}
    if len(margins) > 1:
        raise ConfigError(f"these studies have different margins (claims.margin): {sorted(margins)}.")
    return {
        "studies": [part["study"] for part in parts],
        "margin": margins.pop(),
        "conditions": list(conditions.values()),
        "variants": list(variants.values()),
    }


def _frames(studies: Sequence[Loaded]) -> dict[str, pd.DataFrame]:
    """Return the tidy frames of all conditions that are evaluated, each cell once.

    Raises:
        StoreError: none is.
        ConfigError: two studies have different numbers for one network and set.
    """
    import pandas as pd

    from hembench.stages._gather import FRAMES

    jobs = {(loaded.results, job.path) for loaded in studies for job in loaded.plan.of_stage("evaluate")}
    folders = [results / path for results, path in sorted(jobs) if artefact.is_done(results / path)]
    if not folders:
        commands = " and ".join(f"`{loaded.command('metrics')}`" for loaded in studies)
        raise StoreError(f"none of the {len(jobs)} conditions is evaluated yet: run {commands}.")
    frames = {}
    for name in FRAMES:
        whole = pd.concat([read_frame(folder / f"{name}.parquet") for folder in folders], ignore_index=True)
        frames[name] = whole.drop_duplicates(ignore_index=True)
        rest = [column for column in whole.columns if column not in ("value", "n", "count")]
        twice = frames[name][frames[name].duplicated(rest)]
        if len(twice):
            names = ", ".join(dict.fromkeys(twice["condition"].astype(str)))
            raise ConfigError(
                f"these studies have other numbers for the same networks ({names}): of other images, or of "
                "another training. Judge them one by one."
            )
    return frames


def _verdicts(frames: dict[str, pd.DataFrame], options: dict[str, Any]) -> list[ClaimVerdict]:
    from hembench.claims._evidence import Condition, Evidence, Variant
    from hembench.claims.verdict import verdicts

    return verdicts(
        Evidence(
            frames=frames,
            conditions=tuple(Condition(**condition) for condition in options["conditions"]),
            variants=tuple(Variant(**variant) for variant in options["variants"]),
            margin=options["margin"],
        )
    )


def _lines(found: list[ClaimVerdict], options: dict[str, Any]) -> list[str]:
    """Return the verdicts for people: those with numbers one by one, the others in a list at the end."""
    from hembench.claims.words import comparison, coverage, numbers, remark

    lines = [
        f"Claims of the paper, judged by {', '.join(options['studies'])} (comparable: within "
        f"{options['margin']:g} points; differences in points, first minus second)"
    ]
    unmeasured = []
    for one in found:
        if all(part.verdict == "not measured" for part in one.parts):
            unmeasured.append(one.claim.id)
            continue
        lines += ["", f"{one.claim.id} ({one.variant}): {one.verdict.upper()}", f"  {one.claim.words}"]
        lines += [f"  {words}" for words in (remark(one),) if words]
        for part in one.parts:
            lines.append(f"  - {part.verdict}: {comparison(part.part)}")
            if part.found:
                lines += [f"      {numbers(part)}", f"      {coverage(part)}"]
    words = [one.verdict for one in found]
    counts = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
    lines += ["", f"{len(found)} verdicts: {', '.join(counts)}"]
    if unmeasured:
        lines.append(f"nothing measured for: {', '.join(dict.fromkeys(unmeasured))}")
    return lines
