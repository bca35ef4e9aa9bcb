"""Reads a definition: its digest, and on the way what it uses, imports and must not do.

The digests are of a dump of our own: no comments, docstrings, formatting, positions; no hints but those of class
bodies; empty fields left out, so that it is the same on every Python.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypedDict

from hembench.plan import _syntax as syntax
from hembench.plan.boundary import FILES

if TYPE_CHECKING:
    from hembench.plan._definitions import _Module


class Unit(TypedDict):
    """A definition, or a module's residue."""

    digest: str  # 16 hexadecimal digits, empty where nothing is executed
    callable: bool  # a function or class
    uses: dict[str, int]  # dotted names that start at a name of the module, with the line of their first use
    imports: dict[str, list[str]]  # names bound by imports inside the definition
    executed: list[str]  # modules (or names in modules) whose import it executes
    suspects: list[
        tuple[int, str, str]
    ]  # line, construct, and the dotted name that must not be a module ("": always)


_NAMES = {
    **dict.fromkeys(("eval", "exec", "compile"), "code made from text"),
    "globals": "access to a namespace by text",
    "open": FILES,
}
_ATTRIBUTES = {
    **dict.fromkeys(("__file__", "__path__", "__cached__"), "reading a file beside the code (it is in no key)"),
    **dict.fromkeys(("__builtins__", "__loader__", "__spec__"), "access to a namespace by text"),
    "__import__": "a dynamic import",
    "__doc__": "reading a docstring (they are not part of the fingerprint)",
    "__annotations__": "reading hints (they are not part of the fingerprint)",
    "__code__": "reading compiled code",
    "__globals__": "access to a namespace by text",
    "__subclasses__": "finding classes that no name leads to",
}
_METHODS = dict.fromkeys(("glob", "iterdir", "open", "read_bytes", "read_text", "rglob"), FILES)
_OF_SIGNATURES = {"annotation", "return_annotation"}
_IGNORED = {"ctx", "kind", "type_comment", "type_ignores"}


class Reader:
    """Dumps syntax trees and notes on the way which names they use and what they import."""

    def __init__(self, module: _Module) -> None:
        self.module = module
        self.uses: dict[str, int] = {}
        self.imports: dict[str, list[str]] = {}
        self.executed: list[str] = []
        self.suspects: list[tuple[int, str, str]] = []
        self.builtins: dict[str, int] = {}
        self.local: set[str] = set()
        self.globals: dict[str, int] = {}
        self.hints = False  # whether the function being read keeps its hints

    def unit(self, dumps: Sequence[str], known: set[str], callable_: bool = False) -> Unit:
        text = "\n".join(dumps)
        for name in self.globals.keys() & self.imports.keys():
            self.suspects.append((self.globals[name], f"import of the global {name} in a function", ""))
        for name, line in self.builtins.items():
            if name not in known | self.local | self.imports.keys():
                self.suspects.append((line, f"{name}: {_NAMES[name]}", ""))
        return Unit(
            digest=hashlib.sha256(text.encode()).hexdigest()[:16] if text else "",
            callable=callable_,
            uses=dict(sorted(self.uses.items())),
            imports=self.imports,
            executed=sorted(set(self.executed)),
            suspects=sorted(self.suspects),
        )

    def dump(self, node: ast.AST, in_class: bool = False) -> str:
        """Return the node's text; empty where it counts for nothing (docstrings, bare hints)."""
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                return ""
            case ast.Constant(value=value):
                text = (
                    f"{value:x}" if type(value) is int else ascii(value)
                )  # ascii: repr depends on Unicode's version
                return f"{type(value).__name__}:{text}"
            case ast.Name() | ast.Attribute() if chain := syntax.chain(node):
                self._note(node, chain)
                return f"Name({chain})"
            case ast.Attribute(attr=name):
                self._note_attribute(name, node.lineno, method=True)
            case ast.Call():
                self._note_call(node)
            case ast.arg(arg=name, annotation=hint):
                self.local.add(name)
                if self.hints and hint:
                    self._hint(hint)
                return self._fields(node, in_class, () if self.hints else ("annotation",))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._function(node)
            case ast.ClassDef():
                return self._class(node)
            case ast.AnnAssign(value=None) if not in_class:
                return ""
            case ast.AnnAssign(target=target, value=ast.expr() as assigned) if not in_class:
                return self.dump(ast.Assign(targets=[target], value=assigned))  # x: T = v is the plain assignment
            case ast.AnnAssign(annotation=hint):
                self._hint(hint)
            case ast.Import() | ast.ImportFrom():
                self._import(node, in_class)
            case ast.JoinedStr(values=values):
                return self._fields(ast.JoinedStr(values=syntax.merged(values)), in_class)
            case ast.Global(names=names):
                self.uses.update(dict.fromkeys(names, node.lineno))
                self.globals.update(dict.fromkeys(names, node.lineno))
            case ast.Lambda():
                return self._fields(node, in_class=False)
        return self._fields(node, in_class)

    def _fields(self, node: ast.AST, in_class: bool, skip: Iterable[str] = ()) -> str:
        parts = []
        for field in node._fields:
            if field not in _IGNORED and field not in skip:
                text = self._value(getattr(node, field, None), in_class)
                if text:
                    parts.append(f"{field}={text}")
        return f"{type(node).__name__}({','.join(parts)})"

    def _value(self, value: object, in_class: bool) -> str:
        if isinstance(value, ast.AST):
            return self.dump(value, in_class)
        if isinstance(value, list):
            items = [text for item in value if (text := "None" if item is None else self._value(item, in_class))]
            return f"[{','.join(items)}]" if items else ""
        return "" if value is None else str(value)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        outer = self.hints
        # singledispatch and its like act on hints, so behind a decorator that we don't know they count
        self.hints = not all(self.module.trusted(syntax.called(d)) for d in node.decorator_list)
        head = self._fields(node, False, ("body",) if self.hints else ("body", "returns", "type_params"))
        if self.hints and node.returns:
            self._hint(node.returns)
        self.hints = outer
        if node.name == "__init_subclass__":
            self.suspects.append((node.lineno, "__init_subclass__: classes that register themselves", ""))
        return head + self._value(node.body, in_class=False)

    def _class(self, node: ast.ClassDef) -> str:
        for keyword in node.keywords:
            if keyword.arg == "metaclass" and syntax.chain(keyword.value) not in {"ABCMeta", "abc.ABCMeta"}:
                self.suspects.append((node.lineno, "a metaclass", ""))
        hinted = any(isinstance(child, ast.AnnAssign) for child in syntax.class_level(node))
        future = "future" if hinted and self.module.future else ""
        return future + self._fields(node, False, ("body",)) + self._value(node.body, in_class=True)

    def _hint(self, annotation: ast.expr) -> None:
        """Follow what the texts in a hint of a class body name."""
        for node in ast.walk(annotation):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                try:
                    inner = ast.parse(node.value, mode="eval").body
                except SyntaxError:
                    continue  # a member of Literal
                self.dump(inner)
                self._hint(inner)

    def _import(self, node: ast.Import | ast.ImportFrom, in_class: bool) -> None:
        if in_class:  # reached as an attribute of the class: all that is imported counts as used
            self.uses.update({alias.asname or syntax.root(alias.name): node.lineno for alias in node.names})
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                self._bind(alias.asname or root, alias.name if alias.asname else root, node.lineno)
                self.executed.append(alias.name)
        elif node.level:
            self.suspects.append((node.lineno, "a relative import", ""))
        elif node.module != "__future__":
            for alias in node.names:
                if alias.name == "*":
                    self.suspects.append((node.lineno, "a star import", ""))
                self._bind(alias.asname or alias.name, f"{node.module}.{alias.name}", node.lineno)
                self.executed.append(f"{node.module}.{alias.name}")

    def _bind(self, name: str, target: str, line: int) -> None:
        self._local(name, line, target)
        targets = self.imports.setdefault(name, [])
        if target not in targets:
            targets.append(target)

    def _note(self, node: ast.Name | ast.Attribute, chain: str) -> None:
        root, *attributes = chain.split(".")
        loads = isinstance(node.ctx, ast.Load)
        for name in attributes or [root]:
            self._note_attribute(name, node.lineno, method=bool(attributes))
        if root in _NAMES:
            self.builtins.setdefault(root, node.lineno)
        if attributes or loads:
            self.uses.setdefault(chain, node.lineno)
        else:
            self._local(chain, node.lineno)
        if attributes and not loads:
            self.suspects.append((node.lineno, f"an assignment to {chain}", chain.rpartition(".")[0]))

    def _local(self, name: str, line: int, target: str = "") -> None:
        self.local.add(name)
        if name == "TYPE_CHECKING" and target != "typing.TYPE_CHECKING":
            self.suspects.append((line, "a TYPE_CHECKING of one's own", ""))

    def _note_call(self, node: ast.Call) -> None:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function in {"getattr", "setattr", "delattr", "vars"}:
            if node.args and (chain := syntax.chain(node.args[0])):
                self.suspects.append((node.lineno, f"{function}() on a module", chain))
            if function == "vars" and not node.args:
                self.suspects.append((node.lineno, "vars(): access to a namespace by text", ""))
        for argument in node.args[1:2]:
            name = argument.value if isinstance(argument, ast.Constant) else None
            if function == "getattr" and isinstance(name, str):
                self._note_attribute(name, node.lineno, method=True)

    def _note_attribute(self, name: str, line: int, method: bool) -> None:
        known = _ATTRIBUTES | (_METHODS if method else {})
        if name in known:
            self.suspects.append((line, f"{name}: {known[name]}", ""))
        elif name in _OF_SIGNATURES:
            tables = self.imports, self.module.residue.imports
            if any(
                syntax.root(target) == "inspect"
                for table in tables
                for targets in table.values()
                for target in targets
            ):
                self.suspects.append((line, f"{name}: {_ATTRIBUTES['__annotations__']}", ""))
