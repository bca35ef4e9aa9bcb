"""Plug-ins of a study with their options filled in: what the labels of a study stand for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError
from hembench.plan import sets
from hembench.plan.evaluate import AttackConfig, GroupConfig
from hembench.plan.study import StudyConfig, resolve

GIVEN = ("norm", "eps", "num_classes")
"""Keyword-only parameters of an attack that the stage gives it: no options."""


@dataclass(frozen=True)
class Plugin:
    """A plug-in with all its options filled in, as JSON would give them back: lists, no tuples."""

    name: str
    options: dict[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", plain(self.options))

    def value(self) -> dict[str, Any]:
        """Return it as the JSON-able value that stages' options hold."""
        return {"name": self.name, "options": self.options}


def attack_plugin(attack: AttackConfig) -> Plugin:
    """Return the attack with its options.

    Raises:
        ConfigError: an option is unknown or wrong, or is one that the stage gives.
    """
    where, extra = f"evaluate.attacks ({attack.label or attack.attack})", attack.model_extra or {}
    for name in extra.keys() & GIVEN:
        raise ConfigError(f"{where}: {name!r} is no option: it is the data-set's. Remove it.")
    given = {"norm": attack.norm, "eps": attack.eps, "num_classes": 0, **extra}
    options = plugins.check_options("attacks", attack.attack, given, where=where)
    return Plugin(attack.attack, {k: v for k, v in options.items() if k not in GIVEN})


def filled(study: StudyConfig, kind: str, label: str, where: str) -> Plugin:
    """Return the plug-in of a label with its options checked and filled in."""
    name, given = resolve(study, kind, label, where)
    if kind == "ood" and sets.is_natural(name):
        place = f"{where} ({label}): data-set {name!r} as OOD set"
        return Plugin(name, plugins.check_options("stages", sets.NATURAL, given, "adapt", place))
    if kind == "corruptions" and sets.members(name):
        sets.part(label, name, given)
        return Plugin(name, given)
    if kind == "corruptions" and sets.published(name):
        if given:
            raise ConfigError(f"{where} ({label}): {name!r} is published: it has no option {', '.join(given)}.")
        return Plugin(name, {})
    return Plugin(name, plugins.check_options(kind, name, given, where=f"{where} ({label})"))


def corruptions_of(study: StudyConfig, group: GroupConfig) -> list[str]:
    """Return the labels of a group's corruptions, sets and parts of sets replaced by their members, each once.

    Raises:
        ConfigError: an unknown name, or a wrong option of a set.
    """
    parts = parts_of(study, group)
    found = [one for label in group.corruptions for one in parts.get(label, [label])]
    return list(dict.fromkeys(found))


def parts_of(study: StudyConfig, group: GroupConfig) -> dict[str, list[str]]:
    """Return label -> members of the sets and parts of sets that a group lists: tables show each one's mean.

    Raises:
        ConfigError: an unknown name, a wrong option of a set, or a set under the name of one of its members.
    """
    found = {}
    for label in group.corruptions:
        name, given = resolve(study, "corruptions", label, "evaluate.predict")
        if sets.members(name):
            found[label] = sets.part(label, name, given)
    for label in {member for members in found.values() for member in members}:
        name, _ = resolve(study, "corruptions", label, "evaluate.predict")
        if sets.members(name):
            raise ConfigError(
                f"corruptions: {label!r} is the name of one corruption, and stands here for the set {name!r}: "
                "give the set another label."
            )
    return found


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Return options as they come out of a frozen plan, so that a plan and its copy hold the same values."""
    plain: dict[str, Any] = json.loads(json.dumps(options))
    return plain
