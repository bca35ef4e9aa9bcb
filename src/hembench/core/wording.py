"""What pydantic found wrong with a value, in words for the author of a study. Imports no pydantic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping of keys",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "int_type": "a whole number",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "a mapping of keys",
    "none_required": "null",
    "string_type": "text",
    "too_short": "a list of at least {min_length}",
    "tuple_type": "a list",
}
"""Type of an error of pydantic -> what was expected instead."""


def expected(errors: Iterable[Mapping[str, Any]]) -> str:
    """Return what a value should have been, "a number or null", by pydantic's errors of its alternatives."""
    words = [
        _EXPECTED[error["type"]].format(**error.get("ctx", {}))
        if error["type"] in _EXPECTED
        else str(error["msg"])[:1].lower() + str(error["msg"])[1:]
        for error in errors
    ]
    return " or ".join(dict.fromkeys(words))


def shown(value: Any) -> str:
    """Return a value as a study writes it, at most 60 characters: text in quotes, true, null."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole(value: Any) -> Any:
    """Return ``value`` with every float that is whole as an int, in lists and mappings, too: 3.0 means 3."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list() | tuple():
            return [whole(item) for item in value]
        case dict():
            return {key: whole(item) for key, item in value.items()}
    return value
