"""Which definitions each job of a traced run executes or reads, from what the tracer wrote down.

Two measures, each strict where it judges. *Used*: functions that were entered, classes and constants that were
read, and what was used to make these. *Touched*: besides, functions that were only handed on, and what importing a
module runs. Nothing that is touched may be missed; what is not used is stale needlessly.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants.definitions import Definition, modules, of_module, top_level
from mutants.recorder import DRIVER, RESIDUE, SCIENCE


@dataclass(frozen=True)
class Uses:
    """What one job does with definitions, as (module, name)."""

    used: frozenset[tuple[str, str]]
    touched: frozenset[tuple[str, str]]


class Package:
    """What the source says of itself: definitions, imported names, and what class bodies read."""

    def __init__(self, package: Path) -> None:
        sources = {name: path.read_text(encoding="utf-8") for name, path in modules(package).items()}
        self.definitions = {
            (each.module, each.name): each for name, source in sources.items() for each in of_module(name, source)
        }
        self.imported: dict[tuple[str, str], tuple[str, str]] = {}
        self.in_class_body: dict[tuple[str, str], set[str]] = {}
        self.statements: dict[str, list[tuple[str, str]]] = {}
        for name, source in sources.items():
            for statement in top_level(ast.parse(source)):
                if isinstance(statement, ast.ImportFrom):
                    for alias in statement.names:
                        self.imported[name, alias.asname or alias.name] = (str(statement.module), alias.name)
                elif isinstance(statement, ast.ClassDef):
                    self.in_class_body[name, statement.name] = set(_read_by_class(statement))

    def origin(self, module: str, name: str) -> Definition | None:
        """Return the definition that a name of a module leads to, if any."""
        while (module, name) not in self.definitions and (module, name) in self.imported:
            module, name = self.imported[module, name]
        return self.definitions.get((module, name))

    def uses(self, trace: dict[str, list[list[str]]], side: str, entries: Iterable[str] = ()) -> Uses:
        """Return what one side of a job does.

        Args:
            trace: what the tracer noted, by place.
            side: SCIENCE or DRIVER.
            entries: modules that the driver imports for the stage.
        """
        start = [(module, RESIDUE, "imported") for module in entries] if side == SCIENCE else []
        start += [(module, name, how) for module, name, how in trace.get(side, [])]
        return Uses(
            frozenset(self._closure(start, trace, wide=False)), frozenset(self._closure(start, trace, wide=True))
        )

    def _closure(self, start: Any, trace: dict[str, list[list[str]]], wide: bool) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        done: set[tuple[str, str, str]] = set()
        waiting = list(start)
        while waiting:
            module, name, how = waiting.pop()
            if (module, name, how) in done:
                continue
            done.add((module, name, how))
            if name == RESIDUE:  # imported: its statements that bind nothing are run, and what they import
                waiting += [tuple(touch) for touch in trace.get(f"{module}:{RESIDUE}", [])]
                for each in self.definitions.values():
                    if each.module == module and (each.kind == "statement" or (wide and each.called)):
                        found.add((module, each.name))
                        waiting += [tuple(touch) for touch in trace.get(f"{module}:{each.name}", [])]
                continue
            each = self.origin(module, name)
            if each is None or (each.kind in ("function", "method") and how == "read" and not wide):
                continue
            found.add((each.module, each.name))
            waiting += [tuple(touch) for touch in trace.get(f"{each.module}:{each.owner}", [])]
            if each.kind == "method":
                waiting.append((each.module, each.owner, "read"))
            for read in self.in_class_body.get((each.module, each.name), ()):
                waiting.append((each.module, read, "read"))
        return found


def _read_by_class(node: ast.AST) -> Iterable[str]:
    """Yield the names that a class body reads itself, defaults and decorators of its methods among them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            of_call = [*child.args.defaults, *(d for d in child.args.kw_defaults if d)]
            for part in [*of_call, *getattr(child, "decorator_list", [])]:
                yield from (n.id for n in ast.walk(part) if isinstance(n, ast.Name))
        elif isinstance(child, ast.AnnAssign):
            if child.value is not None:
                yield from (n.id for n in ast.walk(child.value) if isinstance(n, ast.Name))
        else:
            if isinstance(child, ast.Name):
                yield child.id
            yield from _read_by_class(child)


def within(module: str, rooms: Iterable[str]) -> bool:
    """Tell whether a module is one of these modules or in one of these rooms."""
    return any(module == name or module.startswith(f"{name}.") for name in rooms)


__all__ = ["DRIVER", "SCIENCE", "Package", "Uses", "within"]
