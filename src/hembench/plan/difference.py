"""What makes two results of one cell differ: the first causes that are not inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hembench.plan.jobs import Job, Plan

Kind = str
"""One of "code", "option", "data", "input"."""


@dataclass(frozen=True)
class Made:
    """A result as its manifest (or another plan) describes it.

    Attributes:
        key: its key.
        ingredients: what the key is the digest of.
        definitions: definition -> hash, of the code that it was made with.
        inputs: role -> path of the result that it read.
    """

    key: str
    ingredients: Mapping[str, Any]
    definitions: Mapping[str, str]
    inputs: Mapping[str, str]


@dataclass(frozen=True, order=True)
class Change:
    """One cause: what it is, its name, and its value before and now (None: absent)."""

    kind: Kind
    name: str
    was: Any = None
    now: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return it in the words of ``hembench why --json``."""
        return {"kind": self.kind, "name": self.name, "was": self.was, "is": self.now}


def made(plan: Plan, job: Job) -> Made:
    """Return a job of a plan as if its manifest had been read."""
    return Made(job.key, job.ingredients, plan.code[job.ingredients["code"]], job.inputs)


def from_manifest(manifest: Mapping[str, Any]) -> Made:
    """Return the result that a manifest describes."""
    return Made(manifest["key"], manifest["ingredients"], manifest["definitions"], manifest["inputs"])


def causes(
    old: Made, new: Made, find_old: Callable[[str], Made | None], find_new: Callable[[str], Made]
) -> list[Change]:
    """Return what changed between two results, following changed inputs down to causes that are none; these first.

    Args:
        old: the earlier result.
        new: the wanted one.
        find_old: path -> an input of an earlier result, or None where its manifest is gone.
        find_new: path -> an input of a wanted one.
    """
    found: dict[tuple[str, str], Change] = {}
    _collect(old, new, find_old, find_new, found, set())
    return list(found.values())


def own_changes(old: Made, new: Made) -> list[Change]:
    """Return the changes of two results' own ingredients; differing inputs are not looked into."""
    if old.key == new.key:
        return []
    changes = _differ("code", old.definitions, new.definitions)
    for kind, part in (("option", "options"), ("data", "data")):
        changes += _differ(kind, _flat(old.ingredients.get(part)), _flat(new.ingredients.get(part)))
    libraries = ({"libraries": of.ingredients.get("libraries", {})} for of in (old, new))
    changes += _differ("option", *map(_flat, libraries))
    changes += _differ("code", {"schema": old.ingredients["schema"]}, {"schema": new.ingredients["schema"]})
    return changes


def _collect(
    old: Made,
    new: Made,
    find_old: Callable[[str], Made | None],
    find_new: Callable[[str], Made],
    found: dict[tuple[str, str], Change],
    seen: set[tuple[str, str]],
) -> None:
    if old.key == new.key or (old.key, new.key) in seen:
        return
    seen.add((old.key, new.key))
    was, now = old.ingredients["inputs"], new.ingredients["inputs"]
    for role in sorted({*was, *now}):
        if was.get(role) == now.get(role):
            continue
        earlier = find_old(old.inputs[role]) if role in old.inputs else None
        if earlier is not None and role in new.inputs:
            _collect(earlier, find_new(new.inputs[role]), find_old, find_new, found, seen)
        else:
            found.setdefault(("input", role), Change("input", role, was.get(role), now.get(role)))
    for change in own_changes(old, new):
        found.setdefault((change.kind, change.name), change)


def _differ(kind: Kind, was: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    names = sorted({*was, *now})
    return [Change(kind, n, was.get(n), now.get(n)) for n in names if was.get(n) != now.get(n)]


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one: ``{"loss": {"name": "hem"}}`` as ``{"loss.name": "hem"}``."""
    if not isinstance(value, Mapping) or not value:
        return {prefix: value} if prefix else {}
    flat: dict[str, Any] = {}
    for key, part in value.items():
        flat |= _flat(part, f"{prefix}.{key}" if prefix else str(key))
    return flat
