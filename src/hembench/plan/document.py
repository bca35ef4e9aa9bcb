"""Writes config/README.md and the JSON schemas from the models and the plug-ins' sources.

``python -m hembench.plan.document config/`` (or ``make schema``); a test compares the committed files with these.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from hembench.core import plugins
from hembench.core.atomic import write_bytes
from hembench.plan import sets
from hembench.plan._model import FOLDER
from hembench.plan.evaluate import AttackConfig, EvaluateConfig, GroupConfig
from hembench.plan.plugged import GIVEN
from hembench.plan.recipe import PLUGINS, Augmentation, Optimiser, Recipe, Schedule, Warmup
from hembench.plan.study import LABELLED, ClaimsConfig, ConditionConfig, StudyConfig
from hembench.plan.tasks import ContinualConfig, DenseConfig, EncoderConfig

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FILLED = {"attacks": GIVEN}
"""Keyword-only parameters that the study or the data-set fills: no options."""

STUDY_TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The study", StudyConfig),
    ("conditions: a list of", ConditionConfig),
    ("conditions.continual:", ContinualConfig),
    ("conditions.dense:", DenseConfig),
    ("conditions.dense.encoder:", EncoderConfig),
    ("evaluate:", EvaluateConfig),
    ("evaluate.predict: group name to", GroupConfig),
    ("evaluate.attacks: a list of", AttackConfig),
    ("claims:", ClaimsConfig),
)
RECIPE_TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The recipe", Recipe),
    ("optimiser:", Optimiser),
    ("schedule:", Schedule),
    ("warmup:", Warmup),
    ("augmentation:", Augmentation),
)
PLUGIN_TABLES = (
    "losses",
    "networks",
    "optimisers",
    "augmentations",
    "datasets",
    "ood",
    "corruptions",
    "attacks",
    "episodes",
    "strategies",
    "scores",
    "metrics",
    "tables",
    "figures",
)


def readme() -> str:
    """Return the text of config/README.md: the prose beside this file with the generated tables in its places."""
    text = (Path(__file__).parent / "document.md").read_text(encoding="utf-8")
    parts = {
        "study": "\n\n".join(_model_table(title, model) for title, model in STUDY_TABLES),
        "recipe": "\n\n".join(_model_table(title, model) for title, model in RECIPE_TABLES),
        "plugins": "\n\n".join(_plugin_table(kind) for kind in PLUGIN_TABLES),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], text)


def schema() -> dict[str, Any]:
    """Return the JSON schema of a study, for editors and tests; options of plug-ins are in it."""
    document: dict[str, Any] = StudyConfig.model_json_schema() | {"$schema": DIALECT, "title": "hembench study"}
    for section in LABELLED:
        _set_entries(document["properties"][section], _section_schema(section))
    _add_options(document["$defs"]["AttackConfig"], "attack", "attacks")
    for key in ("scores", "metrics"):
        document["$defs"]["EvaluateConfig"]["properties"][key]["items"]["enum"] = plugins.names(key)
    for key in ("tables", "figures"):
        document["properties"][key]["items"]["enum"] = plugins.names(key)
    _set_entries(document["properties"]["recipes"], {"$ref": "recipe.schema.json"})
    return document


def recipe_schema() -> dict[str, Any]:
    """Return the JSON schema of a recipe; what ``for_loss`` changes is checked when the recipe is read."""
    document: dict[str, Any] = Recipe.model_json_schema() | {"$schema": DIALECT, "title": "hembench recipe"}
    losses: dict[str, Any] = {"enum": plugins.names("losses")}
    for section, kind in PLUGINS.items():
        _add_options(document["$defs"][section.capitalize()], "name", kind)
    document["properties"] |= {
        "sources": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "setting (optimiser.learning_rate) -> where its value is from",
        },
        "for_loss": {
            "type": "object",
            "propertyNames": losses,
            "additionalProperties": {"type": "object"},
            "description": "name of a loss -> settings that differ for it",
        },
    }
    return document


def files() -> dict[str, str]:
    """Return the text of each generated file by its name in config/."""
    return {
        "README.md": readme(),
        "study.schema.json": json.dumps(schema(), indent=1) + "\n",
        "recipe.schema.json": json.dumps(recipe_schema(), indent=1) + "\n",
    }


def _add_options(section: dict[str, Any], key: str, kind: str) -> None:
    """Let a section name a plug-in under ``key``, and have the options of any of its kind beside that."""
    for name in plugins.names(kind):
        for option, value in _options(kind, name).items():
            known = section["properties"].setdefault(option, value)
            if known != value:  # plug-ins differ in its default: the schema names none
                known.pop("default", None)
    section["additionalProperties"] = False
    section["properties"][key]["enum"] = plugins.names(kind)


def _set_entries(section: dict[str, Any], entry: dict[str, Any]) -> None:
    """Set the schema of what a section's labels stand for."""
    section["patternProperties"] = dict.fromkeys(section["patternProperties"], entry)
    section["additionalProperties"] = False


def _section_schema(section: str) -> dict[str, Any]:
    """Return the schema of a labelled entry: the plug-in's name, and each option that any of its kind has."""
    options: dict[str, Any] = {}
    for name in plugins.names(section):
        for key, value in _options(section, name).items():
            options.setdefault(key, {"anyOf": []})["anyOf"].append(value | {"description": f"of {name}"})
    if section == "ood":
        for key, value in _options("stages", sets.NATURAL, "adapt").items():
            options.setdefault(key, {"anyOf": []})["anyOf"].append(value | {"description": "of a data-set"})
    if section == "corruptions":
        members = {"type": "array", "items": {"type": "string"}, "description": "members to leave out; of a set"}
        options[sets.WITHOUT] = members
    chosen = {LABELLED[section]: {"enum": sets.names(section)}}
    return {"type": ["object", "null"], "additionalProperties": False, "properties": chosen | options}


def _options(kind: str, name: str, function: str | None = None) -> dict[str, dict[str, Any]]:
    if kind == "corruptions" and sets.members(name):
        return {}
    _, options = plugins.signature(kind, name, function)
    return {
        option.name: plugins.adapter(option).json_schema()
        | ({} if option.required else {"default": option.default})
        for option in options.values()
        if option.name not in FILLED.get(kind, ())
    }


# -- tables of config/README.md -----------------------------------------------------------------------------------


def _model_table(title: str, model: type[BaseModel]) -> str:
    document = model.model_json_schema()
    rows = []
    for name, field in model.model_fields.items():
        shape = document["properties"][name]
        default = "(required)" if field.is_required() else _value(field.get_default(call_default_factory=True))
        words = (field.description or "").replace("|", "\\|")
        rows.append([f"`{name}`", _type(shape), shape.get("unit", ""), default, words, shape.get("source", "")])
    return f"#### {title}\n\n" + _table(["key", "type", "unit", "default", "what it is", "source"], rows)


def _plugin_table(kind: str) -> str:
    rows = []
    for name in plugins.names(kind):
        tree = ast.parse(plugins.path_of(kind, name).read_text(encoding="utf-8"))
        summary = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        rows.append([f"`{name}`", _option_words(kind, name), summary])
    place = f"[src/hembench/{kind}/](../src/hembench/{kind}/)"
    return f"#### {kind} ({place})\n\n" + _table(["name", "options (type = default)", "what it is"], rows)


def _option_words(kind: str, name: str) -> str:
    # scores and metrics are called without options, tables and figures with their defaults
    if kind in ("scores", "metrics", "tables", "figures"):
        return ""
    said = _arguments(kind, name)
    parts = []
    for key, shape in _options(kind, name).items():
        default = f" = {_value(shape['default'])}" if "default" in shape else " (required)"
        words = f": {said[key]}" if key in said else ""
        parts.append(f"`{key}` ({_type(shape)}{default}){words}")
    return "<br>".join(parts) or "none"


def _arguments(kind: str, name: str) -> dict[str, str]:
    """Return what the docstring of a plug-in's entry function says of each argument."""
    if not _options(kind, name):
        return {}
    tree = ast.parse(plugins.path_of(kind, name).read_text(encoding="utf-8"))
    entry = plugins.entry(kind, name)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == entry)
    section = (ast.get_docstring(function) or "").partition("Args:\n")[2].split("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8,}.*)*)", section, flags=re.MULTILINE)
    return {key: re.sub(r"\s+", " ", words).replace("|", "\\|").replace("``", "`") for key, words in found}


def _table(head: list[str], rows: list[list[str]]) -> str:
    # a column that says nothing in any row is left out
    used = [n for n, _ in enumerate(head) if any(row[n] for row in rows)]
    lines = [[head[n] for n in used], ["---"] * len(used), *([row[n] for n in used] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _type(shape: dict[str, Any]) -> str:
    """Say a JSON schema's type in words."""
    if "$ref" in shape:
        return "mapping"
    if "anyOf" in shape:
        return " or ".join(_type(part) for part in shape["anyOf"])
    if "enum" in shape or "const" in shape:
        return " or ".join(f"`{value}`" for value in shape.get("enum", [shape.get("const")]))
    kind = shape.get("type", "any")
    if kind == "array":
        return f"list of {_type(shape.get('items', {}))}"
    if kind == "object":
        inner = next(iter(shape.get("patternProperties", {}).values()), shape.get("additionalProperties"))
        return f"mapping: label to {_type(inner)}" if isinstance(inner, dict) else "mapping"
    text = {None: "text", FOLDER: "folder"}.get(shape.get("pattern"), "label")
    words = {"string": text, "boolean": "true or false"}
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = ", ".join(f"{sign} {shape[key]:g}" for key, sign in bounds.items() if key in shape)
    return f"{words.get(kind, kind)} {limits}".strip()


def _value(value: Any) -> str:
    if isinstance(value, BaseModel) or (
        isinstance(value, dict) and any(isinstance(v, BaseModel) for v in value.values())
    ):
        return "see below"
    if value is None or value == "":
        return "null" if value is None else "empty"
    return f"`{json.dumps(value)}`"


def main(folder: Path) -> None:
    """Write the generated files into ``folder``."""
    for name, text in files().items():
        write_bytes(folder / name, text.encode("utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
