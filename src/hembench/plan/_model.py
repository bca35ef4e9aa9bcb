"""Models of studies and recipes: strict keys, units and sources of numbers, messages for the user."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from hembench.core.errors import nearest
from hembench.core.wording import shown, wrong

LABEL = r"^[a-z0-9_]+$"
Label = Annotated[str, StringConstraints(pattern=LABEL, max_length=60)]
"""A name that is part of paths and wildcards: lower-case letters, digits and underscores."""

FOLDER = r"^[^{}\x00-\x1f]+$"
Folder = Annotated[str, StringConstraints(pattern=FOLDER)]
"""Path of a folder, which rules of Snakemake name: braces are its wildcards."""


class Model(BaseModel):
    """A mapping of known keys; any other key is an error, and so is text for a number or true for 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def said(unit: str = "", source: str = "") -> dict[str, Any]:
    """Return the unit of a key and the source of its default, for config/README.md and the JSON schema."""
    return {"unit": unit, "source": source}


_LETTERS = "lower-case letters, digits and underscores"
_FORMS = {
    LABEL: f"may only have {_LETTERS}.",
    FOLDER: "can't be a folder here: expected a path without braces, which Snakemake takes for wildcards, and "
    'without control characters, such as "/scratch/results".',
}
"""Pattern of a text -> what is said of one that has another form."""


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Say the first problem in the words of the file: key, value, what was expected, the nearest name."""
    # a key that is not known first: where it is misspelt, the right one is missing too
    first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    location, value = first["loc"], first["input"]
    if first["type"] == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        key = str(location[-1])
        return f"unknown key {_place(location)!r}.{nearest(key, known)} Known here: {', '.join(known)}."
    if first["type"] == "missing":
        return f"{_place(location)}: this key is missing. See config/README.md."
    if location[-1] == "[key]":
        return f"{_place(location[:-2]) or 'the file'}: the label {shown(value)} must be text of {_LETTERS}."
    if first["type"] == "string_pattern_mismatch":
        pattern = first["ctx"]["pattern"]
        return f"{_place(location)}: {shown(value)} {_FORMS.get(pattern, f'is not of the form {pattern}.')}"
    alike = [problem for problem in error.errors() if problem["loc"] == location]
    return f"{_place(location) or 'the file'}: {wrong(alike)}. See config/README.md."


def _place(location: tuple[int | str, ...]) -> str:
    """Return a place in the file: ``evaluate.attacks (item 1).eps``; items count from 1."""
    place = ""
    for part in location:
        place += f" (item {part + 1})" if isinstance(part, int) else f".{part}"
    return place.removeprefix(".")


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
