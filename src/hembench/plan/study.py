"""A study: one config file, validated. Unknown keys, unknown names and unused labels are errors.

The models here are the one source of the keys' defaults, of config/README.md and of config/study.schema.json
(``python -m hembench.plan.document``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from hembench.core.errors import ConfigError, nearest
from hembench.core.wording import whole
from hembench.plan import files, sets
from hembench.plan._model import Folder, Label, Model, explain, said
from hembench.plan.evaluate import EvaluateConfig
from hembench.plan.tasks import ContinualConfig, DenseConfig

Seed = Annotated[int, Field(ge=0, lt=2**63)]
"""A seed: 64 bits, as tables hold it."""

LABELLED = {
    "datasets": "dataset",
    "networks": "network",
    "losses": "loss",
    "ood": "ood",
    "corruptions": "corruption",
    "episodes": "benchmark",
    "strategies": "strategy",
}
"""Sections that give a plug-in with options a label, and the key that names the plug-in in them."""


class ConditionConfig(Model):
    """Data-set x network x recipe, with its own variants and seeds where they differ from the study's."""

    dataset: Label = Field(description="a data-set's name, or a label of `datasets:`")
    network: Label = Field(description="a network's name, or a label of `networks:`")
    recipe: Label | None = Field(
        None,
        description="training settings: a name in config/recipes/ or of `recipes:`; default: the data-set's name",
    )
    continual: ContinualConfig | None = Field(
        None,
        description="learn in episodes; measured is then what is known of each of them",
    )
    dense: DenseConfig | None = Field(
        None,
        description="of a data-set with a label for each pixel: how classes are counted, what the network begins "
        "with; default: as below",
    )
    losses: list[Label] | None = Field(
        None, min_length=1, description="labels of variants; default: all of `losses:`"
    )
    seeds: list[Seed] | None = Field(
        None, min_length=1, description="seeds of this condition; default: the study's"
    )
    evaluate: Label | None = Field(
        None, description="what is measured: a label of `evaluations:`; default: the study's `evaluate:`"
    )


class ClaimsConfig(Model):
    """How the claims of the paper are judged."""

    margin: float = Field(
        1.0,
        gt=0,
        description="how far apart two losses may be and still count as comparable",
        json_schema_extra=said("points", "ours; the paper has no test"),
    )
    sixteen: Literal["A", "B", "C"] = Field(
        "A",
        description="continual learning: which 16 pairs of benchmark and strategy are taken to be the paper's",
        json_schema_extra=said(source="ours: the paper has 16 and names none (docs/decisions.md)"),
    )


Plugin = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]
"""Options of a plug-in; a label with nothing behind it has none."""


class StudyConfig(Model):
    """The whole file."""

    study: Label = Field(description="name of the study and of its report's folder")
    title: str = Field("", description="heading of the report; default: the study's name")
    description: str = Field("", description="a few sentences at the top of the report")
    task: Literal["classification"] = Field("classification", description="how a cell is trained and predicted")
    seeds: list[Seed] = Field(
        min_length=1,
        description="one training per condition, variant and seed",
        json_schema_extra=said(source="section 5: 5 repeats (ImageNet1k: 3, ViT: 1); no seed list"),
    )
    conditions: list[ConditionConfig] = Field(min_length=1, description="data-set x network x recipe")
    datasets: dict[Label, Plugin] = Field(default_factory=dict, description="labels for data-sets with options")
    networks: dict[Label, Plugin] = Field(default_factory=dict, description="labels for networks with options")
    losses: dict[Label, Plugin] = Field(min_length=1, description="variants: label -> {loss: name, options}")
    order: list[Label] | None = Field(
        None, description="variants in the order of tables and figures; default: the paper's order of losses"
    )
    ood: dict[Label, Plugin] = Field(default_factory=dict, description="labels for OOD sets with options")
    corruptions: dict[Label, Plugin] = Field(
        default_factory=dict,
        description="labels for corruptions with options, and for sets of them less some members "
        "(`{corruption: cifar10_c, without: [saturate]}`); each set that is listed has its mean in the tables",
    )
    episodes: dict[Label, Plugin] = Field(
        default_factory=dict, description="labels for benchmarks of continual learning with options"
    )
    strategies: dict[Label, Plugin] = Field(
        default_factory=dict, description="labels for strategies of continual learning with options"
    )
    recipes: dict[Label, dict[str, Any]] = Field(
        default_factory=dict, description="recipes of this study; others are files of config/recipes/"
    )
    evaluate: EvaluateConfig = Field(
        default_factory=lambda: EvaluateConfig.model_validate({}),
        description="predictions, attacks, scores, metrics",
    )
    evaluations: dict[Label, EvaluateConfig] = Field(
        default_factory=dict,
        description="the same under labels, for conditions that need their own: other OOD sets, other budgets",
    )
    tables: list[Label] = Field(
        default_factory=lambda: ["summary", "differences", "ood", "corruptions", "attacks"],
        description="tables of the report, in order",
    )
    figures: list[Label] = Field(
        default_factory=lambda: ["summary", "severity", "learning_curves"],
        description="figures of the report, in order",
    )
    claims: ClaimsConfig | None = Field(
        None, description="judge the claims of the paper by this study (`claims: {}`); null: do not"
    )
    keyed_libraries: bool = Field(
        False,
        description="whether versions of libraries are in the keys, so that an update makes everything stale; "
        "otherwise they are recorded, and `hembench verify` reports mixtures",
    )
    results: Folder | None = Field(
        None, description="results folder; default: results/; the variable HEMBENCH_RESULTS goes first; in no key"
    )
    data_root: Folder | None = Field(
        None, description="raw data folder; default: data/; the variable HEMBENCH_DATA goes first; in no key"
    )


def parse(config: dict[str, Any], where: str = "study") -> StudyConfig:
    """Return the validated study; ``where`` (a file name) starts every message.

    Raises:
        ConfigError: the first key that is unknown, missing or wrong, with the nearest valid name.
    """
    try:
        study = StudyConfig.model_validate(whole(config))
    except ValidationError as error:
        raise ConfigError(f"{where}: {explain(error, StudyConfig)}") from None
    if study.study == "published":
        raise ConfigError(f"{where}: study: 'published' is where reports to be kept lie. Give it another name.")
    _check_duplicates(study, where)
    _check_groups(study, where)
    return study


def read(path: Path) -> StudyConfig:
    """Return the validated study of a file.

    Raises:
        ConfigError: no such file, not YAML, a key twice, or not a valid study.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such study. Studies are the YAML files of config/.")
    return parse(files.mapping(path, "study:"), str(path))


def resolve(study: StudyConfig, kind: str, label: str, where: str = "") -> tuple[str, dict[str, Any]]:
    """Return (plug-in name, its options as given) of a label, or of a plug-in's own name.

    Raises:
        ConfigError: neither a label of the section nor a plug-in.
    """
    section: dict[str, Plugin] = getattr(study, kind)
    if label in section:
        options = dict(section[label])
        name = options.pop(LABELLED[kind], label)
        if not isinstance(name, str):
            raise ConfigError(f"{kind}.{label}.{LABELLED[kind]}: expected a name, got {name!r}.")
    else:
        name, options = label, {}
    known = sets.names(kind)
    if name not in known:
        others = {*section, *known} - {name}
        raise ConfigError(
            f"{where or study.study}: {LABELLED[kind]} {name!r} is unknown.{nearest(name, others)} "
            f"Known: {', '.join(known)}. A label with options goes into the section `{kind}:`."
        )
    return str(name), options


def evaluations(study: StudyConfig) -> dict[str, EvaluateConfig]:
    """Return all that a study's conditions may be measured by, under the key of the file that says so."""
    return {"evaluate": study.evaluate} | {f"evaluations.{label}": e for label, e in study.evaluations.items()}


def _check_duplicates(study: StudyConfig, where: str) -> None:
    lists: dict[str, list[Any]] = {"seeds": study.seeds, "tables": study.tables, "figures": study.figures}
    lists["order"] = study.order or []
    for key, evaluate in evaluations(study).items():
        lists |= {f"{key}.scores": evaluate.scores, f"{key}.metrics": evaluate.metrics}
        lists[f"{key}.severities"] = evaluate.severities or []
        lists[f"{key}.attacks"] = [f"{attack.label or attack.attack}-{attack.norm}" for attack in evaluate.attacks]
        for name, group in evaluate.predict.items():
            lists |= {
                f"{key}.predict.{name}.ood": group.ood,
                f"{key}.predict.{name}.corruptions": group.corruptions,
            }
    for number, condition in enumerate(study.conditions, start=1):
        lists[f"conditions (item {number}).losses"] = condition.losses or []
        lists[f"conditions (item {number}).seeds"] = condition.seeds or []
    for key, values in lists.items():
        double = sorted({str(v) for v in values if values.count(v) > 1})
        if double:
            way_out = " Give one of them a `label:`." if key.endswith(".attacks") else ""
            raise ConfigError(f"{where}: {key} lists {', '.join(double)} more than once.{way_out}")


def _check_groups(study: StudyConfig, where: str) -> None:
    """Refuse groups without any set, and studies that never predict the clean test set: nothing to evaluate."""
    for key, evaluate in evaluations(study).items():
        groups = evaluate.predict
        for name, group in groups.items():
            if not (group.clean or group.ood or group.corruptions):
                raise ConfigError(
                    f"{where}: {key}.predict.{name} has no set: give it `clean: true`, or remove it."
                )
        if not any(group.clean for group in groups.values()):
            raise ConfigError(
                f"{where}: {key}.predict: no group predicts the clean test set, which every metric needs: set "
                f"`clean: true` in one of them ({', '.join(groups) or 'there is none'})."
            )
