"""What pydantic found wrong with a value, in words for the author of a study. Imports no pydantic."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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


def wrong(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return "expected a number or null, got true".

    Args:
        errors: pydantic's errors of one value, one for each of its alternatives; at least one.
    """
    value = errors[0]["input"]
    expected = " or ".join(dict.fromkeys(_expected(error) for error in errors))
    hint = " (text: write numbers without quotes, 1.0e-3 for 1e-3)" if _is_number(value) else ""
    return f"expected {expected}, got {shown(value)}{hint}"


def shown(value: Any) -> str:
    """Return a value as a study writes it, at most 60 characters: text in quotes, true, null."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _expected(error: Mapping[str, Any]) -> str:
    if error["type"] in _EXPECTED:
        return _EXPECTED[error["type"]].format(**error.get("ctx", {}))
    return str(error["msg"]).removeprefix("Input should be ")


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, str) and float(value) == float(value)
    except ValueError:
        return False


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
