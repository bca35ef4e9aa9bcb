"""Studies and recipes are YAML files with one mapping each. Stricter than YAML: a key stands in it once."""

from __future__ import annotations

from collections.abc import Hashable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from hembench.core.errors import ConfigError
from hembench.core.wording import shown


def mapping(path: Path, such_as: str) -> dict[str, Any]:
    """Return the mapping of a YAML file.

    Args:
        path: the file.
        such_as: a key that it should have, for the message.

    Raises:
        ConfigError: it can't be read, is no UTF-8 text or no YAML, or has a key twice; the message names file and
            line.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text: save the file in that encoding.") from None
    try:
        content = deepcopy(_parsed(text))
    except _TwiceError as error:
        raise ConfigError(f"{path}:{error}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError(f"{at}: not valid YAML: {error.problem or error.context}.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {getattr(error, 'reason', error)}.") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested far too deeply.") from None
    if (key := _in_a_circle(content)) is not None:
        raise ConfigError(f"{path}: {key} contains itself: an alias (*) stands inside of what it repeats (&).")
    if not isinstance(content, dict):
        found = "an empty file" if content is None else shown(content)
        raise ConfigError(f"{path}: expected a mapping of keys such as {such_as!r}, got {found}.")
    return content


@cache
def _parsed(text: str) -> Any:
    """Return what YAML says; every condition and loss of a study asks for its recipe, and YAML is slow."""
    return yaml.load(text, _Loader)


def _in_a_circle(content: Any) -> Any | None:
    """Return the topmost key of what contains itself by an alias, or "the file"; None: nothing does."""
    inside: set[int] = set()
    seen: set[int] = set()

    def circles(value: Any) -> bool:
        if not isinstance(value, dict | list) or id(value) in seen:
            return False
        if id(value) in inside:
            return True
        inside.add(id(value))
        found = any(circles(part) for part in (value.values() if isinstance(value, dict) else value))
        inside.discard(id(value))
        seen.add(id(value))  # aliases may repeat it very often
        return found

    keys = [key for key, value in content.items() if circles(value)] if isinstance(content, dict) else []
    return repr(keys[0]) if keys else "the file" if circles(content) else None


class _TwiceError(Exception):
    """A key stands twice in a mapping; YAML's own loader silently takes the last."""


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[Hashable, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue  # what comes by `<<` may be said again
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if isinstance(key, Hashable) and key in lines:
                raise _TwiceError(f"{line}: the key {key!r} is in line {lines[key]} already. Keep one of them.")
            if isinstance(key, Hashable):
                lines[key] = line
        return super().construct_mapping(node, deep)
