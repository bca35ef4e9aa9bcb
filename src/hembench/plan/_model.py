"""Models of studies and recipes: strict keys, units and sources of numbers, messages for the user."""

from __future__ import annotations

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from hembench.core.errors import nearest


class Model(BaseModel):
    """A mapping of known keys; any other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def said(unit: str = "", source: str = "") -> dict[str, Any]:
    """Return the unit of a key and the source of its default, for config/README.md and the JSON schema."""
    return {"unit": unit, "source": source}


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Say the first problem in the words of the file: key, value, what was expected, the nearest name."""
    # a key that is not known first: where it is misspelt, the right one is missing too
    first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"] if part != "[key]") or "the file"
    if first["type"] == "extra_forbidden":
        known = _keys_at(model, first["loc"][:-1])
        return f"unknown key {place!r}.{nearest(str(first['loc'][-1]), known)} Known here: {', '.join(known)}."
    if first["type"] == "string_pattern_mismatch":
        return f"{place}: {first['input']!r} may only have lower-case letters, digits and underscores."
    shown = "" if first["type"] == "missing" else f" (got {str(first['input'])[:60]!r})"
    return f"{place}: {first['msg']}{shown}. See config/README.md."


def inner(annotation: Any) -> Any:
    """Return what a list holds, a mapping maps to, or an optional value is; anything else as it is."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return next(argument for argument in arguments if argument is not type(None))
    return arguments[-1] if origin in (list, dict) else annotation


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are known at a place in the file."""
    at: Any = model
    for part in location:
        at = (
            at.model_fields[str(part)].annotation
            if isinstance(at, type) and issubclass(at, BaseModel)
            else inner(at)
        )
        if get_origin(at) in (Union, UnionType):
            at = inner(at)
    return list(at.model_fields)
