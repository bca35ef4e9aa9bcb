"""A study: one config file, validated. Unknown keys, unknown names and unused labels are errors.

The models here are the one source of the keys' defaults and of ``config/study.schema.json``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hembench.core import plugins
from hembench.core.errors import ConfigError, nearest

Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
"""A name that is part of paths and wildcards: lower-case letters, digits and underscores."""

LABELLED = {
    "datasets": "dataset",
    "networks": "network",
    "losses": "loss",
    "ood": "ood",
    "corruptions": "corruption",
}
"""Sections that give a plug-in with options a label, and the key that names the plug-in in them."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConditionConfig(_Model):
    """Data-set x network x recipe, with its own variants and seeds where they differ from the study's."""

    dataset: Label = Field(description="a data-set's name, or a label of `datasets:`")
    network: Label = Field(description="a network's name, or a label of `networks:`")
    recipe: Label | None = Field(
        None, description="training settings: a name in config/recipes/ or of `recipes:`; default: the data-set's"
    )
    losses: list[Label] | None = Field(None, min_length=1, description="labels of variants; default: all of `losses:`")
    seeds: list[Annotated[int, Field(ge=0)]] | None = Field(
        None, min_length=1, description="seeds of this condition; default: the study's"
    )


class GroupConfig(_Model):
    """An evaluation group: sets that one job predicts together."""

    clean: bool = Field(True, description="predict the clean test set (metrics need it in one group)")
    ood: list[Label] = Field(default_factory=list, description="OOD sets (unknown classes): names or labels of `ood:`")
    corruptions: list[Label] = Field(default_factory=list, description="corruptions: names or labels of `corruptions:`")


class AttackConfig(BaseModel):
    """An attack with its norm and budget; further keys are options of the attack's file."""

    model_config = ConfigDict(extra="allow", frozen=True)

    attack: Label = Field(description="an attack's name (src/hembench/attacks/)")
    norm: Literal["Linf", "L2"] = Field(description="norm of the perturbation")
    eps: float = Field(gt=0, description="largest distance in that norm, pixel values in [0, 1]")
    images: int = Field(gt=0, description="attacked test images: a subset that depends on the data-set alone")
    shard: int = Field(100, gt=0, description="images attacked together; other sizes change bits, so it is in the key")
    label: Label | None = Field(None, description="name in tables and paths; default: the attack's name")


class EvaluateConfig(_Model):
    """What is measured on each trained network."""

    predict: dict[Label, GroupConfig] = Field(
        default_factory=lambda: {"main": GroupConfig.model_validate({})}, description="evaluation groups by name"
    )
    ood_images: int = Field(10_000, gt=0, description="images of a synthetic OOD set (paper 6: 10,000)")
    severities: list[Annotated[int, Field(ge=1)]] | None = Field(
        None, description="severities of the corruptions; default: all that the corruption has"
    )
    batch_size: int = Field(500, gt=0, description="images predicted together; other sizes change bits, so it is keyed")
    attacks: list[AttackConfig] = Field(default_factory=list, description="attacks; none by default")
    scores: list[Label] = Field(
        default_factory=lambda: ["msp", "log_msp", "mls", "entropy", "energy"], description="confidence scores"
    )
    metrics: list[Label] = Field(
        default_factory=lambda: ["accuracy", "auroc", "fpr95", "dar", "ece", "saturation"], description="metrics"
    )


Plugin = dict[str, Any]


class StudyConfig(_Model):
    """The whole file."""

    study: Label = Field(description="name of the study and of its report's folder")
    title: str = Field("", description="heading of the report")
    description: str = Field("", description="a few sentences at the top of the report")
    task: Literal["classification"] = Field("classification", description="how a cell is trained and predicted")
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1, description="one training per seed and variant")
    conditions: list[ConditionConfig] = Field(min_length=1, description="data-set x network x recipe")
    datasets: dict[Label, Plugin] = Field(default_factory=dict, description="labels for data-sets with options")
    networks: dict[Label, Plugin] = Field(default_factory=dict, description="labels for networks with options")
    losses: dict[Label, Plugin] = Field(min_length=1, description="variants: label -> {loss: name, options}")
    order: list[Label] | None = Field(
        None, description="variants in the order of tables and figures; default: the paper's order of losses"
    )
    ood: dict[Label, Plugin] = Field(default_factory=dict, description="labels for OOD sets with options")
    corruptions: dict[Label, Plugin] = Field(default_factory=dict, description="labels for corruptions with options")
    recipes: dict[Label, dict[str, Any]] = Field(
        default_factory=dict, description="recipes of this study; others are files of config/recipes/"
    )
    evaluate: EvaluateConfig = Field(
        default_factory=lambda: EvaluateConfig.model_validate({}), description="predictions, attacks, scores, metrics"
    )
    tables: list[Label] = Field(
        default_factory=lambda: ["summary", "differences", "ood", "corruptions", "attacks"],
        description="tables, in order",
    )
    figures: list[Label] = Field(
        default_factory=lambda: ["summary", "severity", "learning_curves"], description="figures, in order"
    )
    results: str | None = Field(None, description="results folder; default: results/ (HEMBENCH_RESULTS goes first)")
    data_root: str | None = Field(None, description="raw data folder; default: data/ (HEMBENCH_DATA goes first)")


def parse(config: dict[str, Any], where: str = "study") -> StudyConfig:
    """Return the validated study; ``where`` (a file name) starts every message.

    Raises:
        ConfigError: the first key that is unknown, missing or wrong, with the nearest valid name.
    """
    try:
        study = StudyConfig.model_validate(config)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_explain(error)}") from None
    _check_duplicates(study, where)
    return study


def read(path: Path) -> tuple[StudyConfig, Path]:
    """Read a study file; return it with the folder of the recipes that lie beside it.

    Raises:
        ConfigError: no such file, not YAML, or not a valid study.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such study. Studies are the YAML files of config/.")
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(config, dict):
        raise ConfigError(f"{path}: expected a mapping of keys such as 'study:', got {type(config).__name__}.")
    return parse(config, str(path)), path.parent / "recipes"


def resolve(study: StudyConfig, kind: str, label: str, where: str = "") -> tuple[str, dict[str, Any]]:
    """Return (plug-in name, its options as given) of a label, or of a plug-in's own name.

    Raises:
        ConfigError: neither a label of the section nor a plug-in.
    """
    section: dict[str, Plugin] = getattr(study, kind)
    if label in section:
        options = dict(section[label])
        name = options.pop(LABELLED[kind], label)
    else:
        name, options = label, {}
    known = plugins.names(kind)
    if name not in known:
        raise ConfigError(
            f"{where or study.study}: {LABELLED[kind]} {name!r} is unknown.{nearest(name, [*section, *known])} "
            f"Known: {', '.join(known)}. A label with options goes into the section `{kind}:`."
        )
    return str(name), options


def _check_duplicates(study: StudyConfig, where: str) -> None:
    lists: dict[str, list[Any]] = {"seeds": study.seeds, "tables": study.tables, "figures": study.figures}
    lists["order"] = study.order or []
    lists |= {"evaluate.scores": study.evaluate.scores, "evaluate.metrics": study.evaluate.metrics}
    for number, condition in enumerate(study.conditions):
        lists[f"conditions.{number}.losses"] = condition.losses or []
        lists[f"conditions.{number}.seeds"] = condition.seeds or []
    for key, values in lists.items():
        double = sorted({str(v) for v in values if values.count(v) > 1})
        if double:
            raise ConfigError(f"{where}: {key} lists {', '.join(double)} more than once.")


def _explain(error: ValidationError) -> str:
    """Say the first problem in the words of the study: key, value, what was expected."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "[key]") or "the file"
    if first["type"] == "extra_forbidden":
        parent = _model_at(first["loc"][:-1])
        return f"unknown key {place!r}.{nearest(str(first['loc'][-1]), parent)} Known here: {', '.join(parent)}."
    if first["type"] == "string_pattern_mismatch":
        return f"{place}: {first['input']!r} may only have lower-case letters, digits and underscores."
    shown = "" if first["type"] == "missing" else f" (got {str(first['input'])[:60]!r})"
    return f"{place}: {first['msg']}{shown}. See config/README.md."


def _model_at(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are known at ``location``."""
    model: type[BaseModel] = StudyConfig
    nested = {
        "conditions": ConditionConfig,
        "evaluate": EvaluateConfig,
        "predict": GroupConfig,
        "attacks": AttackConfig,
    }
    for part in location:
        model = nested.get(str(part), model)
    return list(model.model_fields)


def schema() -> dict[str, Any]:
    """Return the JSON schema of a study (draft 2020-12), for editors; `config/study.schema.json` is this."""
    document = StudyConfig.model_json_schema()
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "hembench study"
    kinds = {"losses": "losses", "networks": "networks", "ood": "ood", "corruptions": "corruptions"}
    for section, kind in kinds.items():
        document["properties"][section]["additionalProperties"] = _plugin_schema(kind)
    return document


def _plugin_schema(kind: str) -> dict[str, Any]:
    from pydantic import TypeAdapter

    options: dict[str, Any] = {LABELLED[kind]: {"enum": plugins.names(kind)}}
    for name in plugins.names(kind):
        for option in plugins.signature(kind, name)[1].values():
            options.setdefault(option.name, {"anyOf": []})["anyOf"].append(
                TypeAdapter(option.type).json_schema() | {"default": option.default, "description": f"of {name}"}
            )
    return {"type": "object", "additionalProperties": False, "properties": options}


def valid_label(text: str) -> bool:
    """Tell whether ``text`` can be a label."""
    return re.fullmatch(r"[a-z0-9_]+", text) is not None
