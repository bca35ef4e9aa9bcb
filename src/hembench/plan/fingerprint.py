"""Fingerprint of the code that a stage can execute, definition by definition.

Starting at entry functions, every name is followed to its definition through the package; the digests of all
definitions reached, and of the residue of every module that their imports execute, make the fingerprint. What
cannot be resolved is counted whole (a module used as a value) or refused (``FingerprintError``): an edit is never
missed, at worst something is needlessly made again. Local names that shadow those of the module count as them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from hembench.core.atomic import write_bytes
from hembench.core.digest import digest
from hembench.core.errors import FingerprintError, nearest
from hembench.plan import _definitions
from hembench.plan._definitions import RESIDUE, Record
from hembench.plan._refused import ADVICE, excused, reads_files, unresolvable, within
from hembench.plan.boundary import BOUNDARY, LENT

WHOLE = "*"


@dataclass(frozen=True)
class Code:
    """The fingerprint of some entries, and the digest of each definition in it by its dotted name."""

    digest: str
    definitions: dict[str, str]


class Node(NamedTuple):
    """A name of a module, its residue (``RESIDUE``) or everything in it (``WHOLE``)."""

    module: str
    name: str

    @property
    def dotted(self) -> str:
        """The dotted name of the definition, or of the module."""
        return self.module if self.name in (WHOLE, RESIDUE) else f"{self.module}.{self.name}"


class Fingerprinter:
    """Fingerprints code of one state of a package: files are read once.

    Args:
        package: the package's folder.
        cache: a JSON file for what was read of each file, by the sha256 of its bytes; deleting it costs time only.
        name: the package's dotted name.
        boundary: dotted names of modules, rooms and definitions that are not followed.
        lent: those of them, or parts of them, that followed code may use all the same.
    """

    def __init__(
        self,
        package: Path,
        cache: Path | None = None,
        name: str = "hembench",
        boundary: Collection[str] = tuple(BOUNDARY),
        lent: Collection[str] = tuple(LENT),
    ) -> None:
        self._package, self._cache, self._name = package, cache, name
        self._boundary, self._lent = frozenset(boundary), tuple(lent)
        self._edges: dict[Node, tuple[frozenset[Node], tuple[str, ...]]] = {}
        self._codes: dict[frozenset[tuple[str, str | None]], Code] = {}

    def code(self, entries: Iterable[tuple[str, str | None]]) -> Code:
        """Return the fingerprint of entries: (module, function); (module, None) is all its functions and classes.

        Raises:
            FingerprintError: an entry does not exist, or followed code holds what cannot be resolved.
        """
        wanted = frozenset(entries)
        if wanted not in self._codes:
            reached = self._reached(wanted)
            problems = sorted({problem for node in reached for problem in self._follow(node)[1]})
            if problems:
                raise FingerprintError("\n".join(problems))
            found = {name: text for node in reached for name, text in self._digest(node)}
            definitions = dict(sorted(found.items()))
            self._codes[wanted] = Code(digest(definitions), definitions)
        return self._codes[wanted]

    def modules(self, entries: Iterable[tuple[str, str | None]]) -> set[str]:
        """Return the modules that hold something of the fingerprint of ``entries``, by dotted name."""
        return {node.module for node in self._reached(entries)}

    def sorted_out(self) -> tuple[set[str], set[str]]:
        """Return all modules of the package in two sets: those that may be followed, those of the boundary."""
        outside = {module for module in self._files if self._outside(module)}
        return self._files.keys() - outside, outside

    # -- files

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Every module by its dotted name; a package stands for its ``__init__.py``, and wins over a module."""
        found: dict[str, Path] = {}
        for path in sorted(self._package.rglob("*.py"), key=lambda p: (p.name == "__init__.py", p.as_posix())):
            parts = path.relative_to(self._package).with_suffix("").parts
            found[".".join([self._name, *(parts[:-1] if parts[-1] == "__init__" else parts)])] = path
        return found

    @cached_property
    def _packages(self) -> frozenset[str]:
        inner = {module.rpartition(".")[0] for module in self._files}
        return frozenset({self._name} | inner | {m for m, p in self._files.items() if p.name == "__init__.py"})

    @cached_property
    def _records(self) -> dict[str, Record]:
        """The record of every module, from the cache where its bytes are known; renews the cache."""
        known = self._read_cache()
        records: dict[str, Record] = {}
        fresh: dict[str, Record] = {}
        for module, path in self._files.items():
            content = path.read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            fresh[sha256] = known.get(sha256) or fresh.get(sha256) or _definitions.read(content)
            records[module] = fresh[sha256]
        if self._cache and fresh.keys() != known.keys():
            with suppress(OSError):  # a read-only folder: the next plan reads the files again
                write_bytes(self._cache, json.dumps({"format": _definitions.form(), "files": fresh}).encode())
        return records

    def _read_cache(self) -> dict[str, Record]:
        try:
            content = json.loads(self._cache.read_bytes()) if self._cache else {}
            files: dict[str, Record] = content["files"] if content["format"] == _definitions.form() else {}
            return files if all(RESIDUE in record["units"] for record in files.values()) else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    # -- names

    def _entry(self, module: str, name: str | None) -> set[Node]:
        if module not in self._records or self._outside(module, name or ""):
            why = "belongs to the boundary" if module in self._records else "does not exist"
            raise FingerprintError(f"entry {module}: this module {why}.{nearest(module, self._records)}")
        units, bindings = self._records[module]["units"], self._records[module]["bindings"]
        if name is None:
            return {Node(module, RESIDUE)} | {Node(module, n) for n, unit in units.items() if unit["callable"]}
        if name not in {*units, *bindings, *self._records[module]["bound"]}:
            raise FingerprintError(
                f"entry {module}.{name}: {self._where(module)} has no {name!r}.{nearest(name, units)}"
            )
        return set(self._lookup(module, name, (), set())) | {Node(module, RESIDUE)}

    def _reached(self, entries: Iterable[tuple[str, str | None]]) -> set[Node]:
        reached: set[Node] = set()
        waiting = [node for module, name in entries for node in self._entry(module, name)]
        while waiting:
            node = waiting.pop()
            if node not in reached:
                reached.add(node)
                waiting.extend(self._follow(node)[0])
        return reached

    def _follow(self, node: Node) -> tuple[frozenset[Node], tuple[str, ...]]:
        """Return the nodes that a node leads to and what is wrong with it."""
        if node not in self._edges:
            problems: list[str] = []
            self._edges[node] = frozenset(self._leads_to(node, problems)), tuple(problems)
        return self._edges[node]

    def _leads_to(self, node: Node, problems: list[str]) -> Iterator[Node]:
        module, name = node
        record = self._records[module]
        if name == WHOLE:
            for each in sorted({*record["units"], *record["bindings"]}):
                for found in self._lookup_all(module, each, (), set()):
                    if isinstance(found, Node):
                        yield found
                    else:
                        self._refuse(module, 1, found, problems)
            return
        yield from self._imported(module)
        if name == RESIDUE and module in self._packages and not record["empty"]:
            problems.append(f"{self._where(module)}:1: code in an __init__.py; {ADVICE}")
        unit = record["units"].get(name)
        if not unit:
            return
        for target in unit["executed"]:
            yield from self._imported(target)
        for chain, line in unit["uses"].items():
            for found in self._resolve(module, chain, unit["imports"]):
                if isinstance(found, Node):
                    yield found
                    if found.name == WHOLE and found.module in self._packages:
                        what = "a package used as a value"
                    else:
                        what = reads_files(module, found.dotted)
                    if what:
                        problems.append(f"{self._where(module)}:{line}: {chain}: {what}; {ADVICE}")
                else:
                    self._refuse(module, line, found, problems)
        for line, construct, chain in unit["suspects"]:
            if excused(module, *construct.split(": ", 1)):
                continue
            if not chain or any(n == WHOLE for _, n in self._nodes(module, chain, unit["imports"])):
                problems.append(f"{self._where(module)}:{line}: {construct}; {ADVICE}")

    def _refuse(self, module: str, line: int, dotted: str, problems: list[str]) -> None:
        """Note a name of another package, or of the boundary, that followed code may not use."""
        if within(dotted, self._name):
            lent = any(within(dotted, other) for other in self._lent)
            what = "" if lent else "a part of the boundary (it is in no key)"
        else:
            what = unresolvable(module, dotted)
        if what:
            problems.append(f"{self._where(module)}:{line}: {dotted}: {what}; {ADVICE}")

    def _nodes(self, module: str, chain: str, imports: dict[str, list[str]]) -> list[Node]:
        return [found for found in self._resolve(module, chain, imports) if isinstance(found, Node)]

    def _resolve(self, module: str, chain: str, imports: dict[str, list[str]]) -> Iterator[Node | str]:
        """Yield where a dotted name leads: nodes, and names of other packages and of the boundary."""
        root, *rest = chain.split(".")
        for target in imports.get(root, []):
            yield from self._walk(f"{target}.{'.'.join(rest)}".rstrip("."), set())
        record = self._records[module]
        if root in record["units"] or root in record["bindings"]:
            yield from self._lookup_all(module, root, tuple(rest), set())

    def _walk(self, dotted: str, seen: set[Node]) -> Iterator[Node | str]:
        """Yield where a dotted name that starts at a top-level package leads."""
        parts = dotted.split(".")
        if parts[0] != self._name:
            yield dotted
            return
        here, rest = self._name, parts[1:]
        while (
            rest
            and here in self._packages
            and (below := f"{here}.{rest[0]}") in self._files.keys() | self._packages
        ):
            here, rest = below, rest[1:]
        yield from self._imported(here)
        if self._outside(here):
            yield dotted
            return
        if rest and here in self._files:
            yield from self._lookup_all(here, rest[0], tuple(rest[1:]), seen)
        elif here in self._files:
            yield Node(here, WHOLE)

    def _lookup_all(self, module: str, name: str, rest: tuple[str, ...], seen: set[Node]) -> Iterator[Node | str]:
        """Yield where ``name`` of a module, followed by the attributes ``rest``, leads."""
        node, record = Node(module, name), self._records[module]
        if node in seen:
            return
        seen.add(node)
        if self._outside(module, name):
            yield ".".join([module, name, *rest])
            return
        if name in record["units"] or name in record["bindings"]:
            yield node
            for target in record["bindings"].get(name, []):
                yield from self._walk(".".join([target, *rest]), seen)
        elif name not in record["bound"] and not (name.startswith("__") and name != "__dict__"):
            yield Node(module, WHOLE)  # made in a way that we don't see

    def _lookup(self, module: str, name: str, rest: tuple[str, ...], seen: set[Node]) -> Iterator[Node]:
        return (found for found in self._lookup_all(module, name, rest, seen) if isinstance(found, Node))

    def _imported(self, dotted: str) -> Iterator[Node]:
        """Yield the residues that importing a module (or a name from it) executes: its own and its packages'."""
        parts = dotted.split(".")
        if parts[0] == self._name:
            for end in range(1, len(parts) + 1):
                module = ".".join(parts[:end])
                if module in self._files and not self._outside(module):
                    yield Node(module, RESIDUE)

    def _outside(self, module: str, name: str = "") -> bool:
        parts = f"{module}.{name}".rstrip(".").split(".")
        return any(".".join(parts[:end]) in self._boundary for end in range(1, len(parts) + 1))

    def _digest(self, node: Node) -> Iterator[tuple[str, str]]:
        """Yield the dotted name and digest of a node that has something to count."""
        record = self._records[node.module]
        unit, binding = record["units"].get(node.name), record["bindings"].get(node.name)
        own = unit["digest"] if unit else ""
        text = digest([own, binding])[:16] if binding else own
        if text:
            yield f"{node.module}{':' if node.name == RESIDUE else '.'}{node.name}", text

    def _where(self, module: str) -> str:
        path = self._files.get(module, self._package)
        return path.relative_to(self._package.parent).as_posix()
