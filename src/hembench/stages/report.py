"""report: the page of a study, with everything that it shows in one file.

Reads: the tables, figures and verdicts of the study, the metrics and environments of all conditions, and the
manifests of them all. Writes: index.html; beside it table_<name>.csv, figure_<name>.csv and claims.csv.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml

from hembench.figures._colours import COLOURS
from hembench.figures._palette import PALETTE
from hembench.report.content import (
    Adoption,
    Measured,
    Provenance,
    Recorded,
    ReportClaim,
    ReportComparison,
    ReportContent,
    ReportFigure,
    ReportTable,
    Source,
    Variant,
)
from hembench.report.page import render
from hembench.stages._gather import gathered
from hembench.stages._notes import notes
from hembench.store.content import read_frame, read_json, read_text, text

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1

NOT_SHOWN = {"host", "hostname", "user"}
"""What an environment may record that is nobody's business."""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Make the page.

    Args:
        inputs: artefacts "table.<name>", "figure.<name>", "evaluate.<condition>" and, where the study asks for
            verdicts, "claims", with their manifests.
        options: "study", "title", "description", "config" (YAML text), "variants" (label, loss, options),
            "conditions", "tables" and "figures" (lists in the order to be shown), "trained" (by condition: labels
            of the variants that were trained for it; what else it is measured with was trained for another),
            "data" (by data-set: complete, sizes, source).
    """
    labels = [variant["label"] for variant in options["variants"]]
    metrics = gathered("metrics", inputs, {"conditions": options["conditions"], "variants": labels})
    folders = inputs.folders
    measured = tuple(_measured(metrics, name, options) for name in options["conditions"])
    recorded, adoptions = _recorded(inputs, options["conditions"]), _adoptions(inputs, options["conditions"])
    judged = folders.get("claims")
    verdicts: dict[str, Any] = read_json(judged / "claims.json") if judged else {"verdicts": [], "margin": 1.0}
    content = ReportContent(
        study=options["study"],
        title=options["title"],
        description=options["description"],
        config=options["config"],
        palette=PALETTE,
        variants=tuple(_variant(place, variant) for place, variant in enumerate(options["variants"])),
        tables=tuple(_table(folders[f"table.{name}"]) for name in options["tables"]),
        figures=tuple(_figure(folders[f"figure.{name}"]) for name in options["figures"]),
        measured=measured,
        sources=tuple(_source(name, facts) for name, facts in sorted(options["data"].items())),
        recorded=recorded,
        adoptions=adoptions,
        commits=_commits(inputs, options["conditions"]),
        provenance=tuple(_provenance(name, folders[f"evaluate.{name}"]) for name in options["conditions"]),
        notes=tuple(notes(metrics, measured, recorded, adoptions, _recipes(options))),
        claims=tuple(_claim(verdict) for verdict in verdicts["verdicts"]),
        margin=verdicts["margin"],
    )
    files = {"index.html": text(render(content))}
    for table in content.tables:
        files[table.csv] = text(read_text(folders[f"table.{table.name}"] / "table.csv"))
    for figure in content.figures:
        files[figure.csv] = text(read_text(folders[f"figure.{figure.name}"] / "data.csv"))
    if judged:
        files["claims.csv"] = text(read_text(judged / "claims.csv"))
    return files


def _claim(verdict: dict[str, Any]) -> ReportClaim:
    shown = ("id", "words", "numbers", "variant", "verdict", "verdict_log_msp", "flips", "remark")
    words = ("verdict", "comparison", "coverage", "found", "log_msp")
    parts = tuple(ReportComparison(**{name: part[name] for name in words}) for part in verdict["parts"])
    return ReportClaim(**{name: verdict[name] for name in shown}, parts=parts)


def _table(folder: Path) -> ReportTable:
    words = read_json(folder / "table.json")
    return ReportTable(
        name=words["name"],
        title=words["title"],
        caption=words["caption"],
        csv=f"table_{words['name']}.csv",
        frame=read_frame(folder / "table.parquet"),
        rows=tuple(words["rows"]),
        columns=tuple(words["columns"]),
        show=words["show"],
    )


def _figure(folder: Path) -> ReportFigure:
    words = read_json(folder / "figure.json")
    return ReportFigure(
        name=words["name"],
        title=words["title"],
        caption=words["caption"],
        csv=f"figure_{words['name']}.csv",
        svg=read_text(folder / "figure.svg"),
        svg_narrow=read_text(folder / "figure_narrow.svg"),
    )


def _variant(place: int, variant: dict[str, Any]) -> Variant:
    options = ", ".join(
        f"{name} {_shown(value)}" for name, value in variant["options"].items() if value is not None
    )
    return Variant(variant["label"], variant["loss"], options, place % len(COLOURS))


def _source(name: str, facts: dict[str, Any]) -> Source:
    sizes = ", ".join(f"{count:,} {which} images" for which, count in sorted(facts["sizes"].items(), reverse=True))
    return Source(name, facts["source"], sizes or "sizes not given", facts["complete"])


def _measured(metrics: pd.DataFrame, condition: str, options: dict[str, Any]) -> Measured:
    rows = metrics[metrics["condition"] == condition]
    clean = rows[rows["kind"].isin(("clean", "episodes", "dense"))]
    first = rows.iloc[0]
    images = int(clean["n"].max())
    # A label of the study's own section names its data-set there; without one it is the data-set's name.
    section = yaml.safe_load(options["config"]).get("datasets") or {}
    facts = options["data"].get(section.get(first["dataset"], {}).get("dataset", first["dataset"]))
    complete = None if facts is None else bool(facts["complete"]) and images == facts["sizes"].get("test", images)
    present = set(rows["variant"].astype(str))
    own = rows[rows["variant"].isin(options["trained"][condition])]
    return Measured(
        condition=condition,
        dataset=str(first["dataset"]),
        network=str(first["network"]),
        recipe=str(first["recipe"]),
        variants=tuple(str(label) for label in rows["variant"].cat.categories if label in present),
        seeds=tuple(sorted(int(seed) for seed in set(rows["seed"]))),
        networks=len(own[["variant", "seed"]].drop_duplicates()),
        test_images=images,
        complete=complete,
        sets=tuple(_sets(rows)),
    )


def _recipes(options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of the study's recipes by name, defaults filled in."""
    return dict(yaml.safe_load(options["config"]).get("recipes") or {})


def _sets(rows: pd.DataFrame) -> list[str]:
    """Return in words what was evaluated besides the clean test set."""
    found = []
    for kind, noun in (("ood", "OOD set"), ("corruption", "corruption"), ("attack", "attack")):
        of_kind = rows[rows["kind"] == kind]
        if len(of_kind):
            names = sorted(set(of_kind["set"]))
            # the largest of each set: doubts about an attack are shares of some of its images
            images = sorted({int(number) for number in of_kind.groupby("set", observed=True)["n"].max()})
            severities = sorted({int(severity) for severity in of_kind["severity"]} - {0})
            at = f", severities {', '.join(map(str, severities))}" if severities else ""
            number = " to ".join(f"{count:,}" for count in dict.fromkeys((images[0], images[-1])))
            plural = "s" if len(names) > 1 else ""
            found.append(f"{len(names)} {noun}{plural} ({', '.join(names)}{at}) of {number} images")
    return found


def _provenance(condition: str, folder: Path) -> Provenance:
    return Provenance(condition, "/".join(folder.parts[-3:]), folder.name)


def _recorded(inputs: Inputs, conditions: list[str]) -> tuple[Recorded, ...]:
    """Count the values of everything that the environments of all conditions record, in order of appearance.

    Stages may differ by nature (an attack is not a training); a mixture is one within a stage.
    """
    counts: dict[str, dict[str, Counter[str]]] = {}
    for condition in conditions:
        for entry in inputs.manifests[f"evaluate.{condition}"].get("lineage", ()):
            for name, value in _flat(entry["environment"]):
                counts.setdefault(name, {}).setdefault(entry["stage"], Counter())[value] += 1
    return tuple(
        Recorded(
            name,
            counts=tuple(sorted(sum(of_stage.values(), Counter()).items())),
            mixed=any(len(values) > 1 for values in of_stage.values()),
        )
        for name, of_stage in counts.items()
    )


def _commits(inputs: Inputs, conditions: list[str]) -> tuple[tuple[str, int], ...]:
    """Count the trainings, predictions and attacks that the code of each commit made, the most first."""
    counts: Counter[str] = Counter()
    for condition in conditions:
        for entry in inputs.manifests[f"evaluate.{condition}"].get("lineage", ()):
            if git := entry.get("git"):
                counts[git["commit"][:12] + (" with uncommitted changes" if git["dirty"] else "")] += 1
    return tuple(counts.most_common())


def _flat(environment: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in environment.items():
        if name in NOT_SHOWN or value is None:
            continue
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name} ")
        else:
            found.append((f"{prefix}{name}", _shown(value)))
    return found


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _adoptions(inputs: Inputs, conditions: list[str]) -> tuple[Adoption, ...]:
    """Return what was taken over: among the report's own inputs, and among the cells' results behind them."""
    found = []
    for role in sorted(inputs.manifests):
        path = "/".join(inputs.folders[role].parts[-3:])
        found.append((path, inputs.manifests[role].get("adoption")))
    for condition in conditions:
        for entry in inputs.manifests[f"evaluate.{condition}"].get("lineage", ()):
            found.append((f"{entry['stage']}/{entry['cell']}", entry.get("adoption")))
    return tuple(Adoption(path, str(a["from"]), str(a["because"])) for path, a in found if a)
