"""One source file, read into its definitions: the digest of each, the names it uses, the imports it runs.

A *definition* is a function, a class or a simple constant of a module. Everything else that a module executes
(calls, loops, ``try``, constants made by a call) is its *residue*, kept under the name ``RESIDUE``. A record is
plain JSON and depends on the file's bytes alone; ``fingerprint`` resolves the names in it.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import TypedDict

from hembench.plan import _syntax as syntax
from hembench.plan._reader import Reader, Unit

RESIDUE = "<module>"


class Record(TypedDict):
    """A file."""

    units: dict[str, Unit]
    bindings: dict[str, list[str]]  # names bound by the module's imports
    bound: list[str]  # names bound by the residue
    empty: bool  # it executes nothing


TRUSTED = {
    *("staticmethod", "classmethod", "property", "abc.abstractmethod", "contextlib.contextmanager"),
    *("dataclasses.dataclass", "dataclasses.field", "enum.auto", "typing.final", "typing.override"),
    *("functools.cache", "functools.cached_property", "functools.lru_cache", "functools.wraps"),
    *("pydantic.Field", "pydantic.ConfigDict", "pydantic.field_validator", "pydantic.model_validator"),
    *("torch.no_grad", "torch.inference_mode", "torch.enable_grad"),
    "torch.autograd.function.once_differentiable",
}
"""Decorators, and calls in class bodies, that register nothing and act on no hint of a function."""


def read(source: bytes) -> Record:
    """Return the record of a file; what cannot be parsed becomes a suspect of its residue, never an exception."""
    try:
        return _Module(ast.parse(source)).record()
    except (SyntaxError, ValueError, RecursionError) as error:
        suspect = (getattr(error, "lineno", None) or 1, f"code that cannot be parsed ({error})", "")
        unit = Unit(digest="unreadable", callable=False, uses={}, imports={}, executed=[], suspects=[suspect])
        return Record(units={RESIDUE: unit}, bindings={}, bound=[], empty=False)


class _Module:
    """Sorts the statements of a module into definitions and residue."""

    def __init__(self, tree: ast.Module) -> None:
        self.statements = list(syntax.executed(tree.body))
        self.future = any(isinstance(s, ast.ImportFrom) and s.module == "__future__" for s in self.statements)
        self.counts = Counter(name for s in self.statements for name in syntax.binds(s))
        self.residue = Reader(self)
        self.parts: list[str] = []  # dumps of the residue's statements
        self.units: dict[str, Unit] = {}
        self.bound: set[str] = set()

    def record(self) -> Record:
        for statement in self.statements:  # imports first: they tell what a decorator is
            if isinstance(statement, ast.Import | ast.ImportFrom):
                dump = self.residue.dump(statement)
                if any(self.counts[name] > 1 for name in syntax.binds(statement)):
                    self.parts.append(dump)  # which one wins depends on their order
        for statement in self.statements:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                self._sort(statement)
        bindings, self.residue.imports = self.residue.imports, {}
        known = {*self.units, *bindings, *self.bound}
        self.units[RESIDUE] = self.residue.unit(self.parts, known=set(self.counts))
        for unit in self.units.values():
            unit["uses"] = {
                u: line
                for u, line in unit["uses"].items()
                if syntax.root(u) in known or syntax.root(u) in unit["imports"]
            }
        return Record(units=self.units, bindings=bindings, bound=sorted(self.bound), empty=not self.statements)

    def _sort(self, statement: ast.stmt) -> None:
        names = syntax.binds(statement)
        callable_ = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if names and all(self.counts[n] == 1 for n in names) and (callable_ or syntax.is_simple(statement)):
            reader = Reader(self)
            unit = reader.unit([reader.dump(statement)], known=set(self.counts), callable_=callable_)
            for name in names:
                self.units[name] = unit.copy()
            if callable_ and _runs_something(self, statement):
                self.residue.uses.update(dict.fromkeys(names, statement.lineno))
            if "__getattr__" in names:
                self.residue.suspects.append((statement.lineno, "a module's own __getattr__", ""))
        elif dump := self.residue.dump(statement):
            self.parts.append(dump)
            self.bound.update(names)

    def trusted(self, node: ast.expr) -> bool:
        """Tell whether a decorator or called name is known to register nothing."""
        chain = syntax.chain(node)
        root, _, rest = chain.partition(".")
        if rest in {"setter", "getter", "deleter"}:
            return root not in self.counts  # of a property of the class
        targets = self.residue.imports.get(root, [])
        if self.counts[root] > 1 or (root in self.counts and not targets):
            return False
        return ".".join(filter(None, [targets[0] if targets else root, rest])) in TRUSTED


def _runs_something(module: _Module, definition: ast.stmt) -> bool:
    """Tell whether defining a function or class may do more than define it (decorators, calls in a class body)."""
    for node in syntax.defined_with(definition):
        if not all(module.trusted(syntax.called(d)) for d in node.decorator_list):
            return True
    return not all(isinstance(call, ast.Call) and module.trusted(call.func) for call in syntax.calls(definition))


def form() -> str:
    """Return what a cache of records depends on beside the files: how they are read, and by which Python."""
    here = Path(__file__)
    readers = [here.with_name(name).read_bytes() for name in (here.name, "_reader.py", "_syntax.py")]
    own = hashlib.sha256(b"".join(readers)).hexdigest()[:16]
    return f"{own} {sys.version_info.major}.{sys.version_info.minor}"
