"""Every definition of a package, and mutants of it. Knows nothing of the fingerprint, whose judge it is.

A definition is a function, a method, a class or a constant of a module, or a statement that a module runs when it
is imported and that binds no name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

Kind = Literal["function", "method", "class", "constant", "statement"]


@dataclass(frozen=True)
class Definition:
    """One definition.

    Attributes:
        module: dotted name.
        name: in the module ("margin_of", "Trainer.run", "SCHEMA"); statements are "<line 12>".
        kind: what it is.
        lines: (first, last), decorators included; of a constant that is bound twice, those of the first.
        called: a constant whose value is made by a call, which importing the module runs.
    """

    module: str
    name: str
    kind: Kind
    lines: tuple[int, int] = field(compare=False)
    called: bool = field(default=False, compare=False)

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def owner(self) -> str:
        """The name at the top of the module: a method's class, else its own."""
        return self.name.partition(".")[0]


def modules(package: Path) -> dict[str, Path]:
    """Return the file of every module of a package that has code, by dotted name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        if path.name != "__init__.py":
            parts = path.relative_to(package.parent).with_suffix("").parts
            found[".".join(parts)] = path
    return found


def of_module(module: str, source: str) -> list[Definition]:
    """Return the definitions of a module in their order."""
    found: dict[str, Definition] = {}
    for statement in top_level(ast.parse(source)):
        for each in _of_statement(module, statement):
            found.setdefault(each.name, each)
    return list(found.values())


def top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield what importing a module runs: nothing under TYPE_CHECKING, no texts."""
    yield from _flat(tree.body)


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from _flat(statement.orelse)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        else:
            yield statement


def bound(statement: ast.stmt) -> list[str]:
    """Return the names that a statement of a module binds: of a definition or constant; none for imports."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [n.id for target in targets for n in ast.walk(target) if _stored(n)]
        case ast.AnnAssign(target=target, value=value) if value is not None:
            return [n.id for n in ast.walk(target) if _stored(n)]
    return []


def _stored(node: ast.AST) -> Any:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _of_statement(module: str, statement: ast.stmt) -> Iterator[Definition]:
    lines = _lines(statement)
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.AnnAssign(value=None) | ast.Pass():
            return
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield Definition(module, name, "function", lines)
        case ast.ClassDef(name=name, body=body):
            yield Definition(module, name, "class", lines)
            for part in body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield Definition(module, f"{name}.{part.name}", "method", _lines(part))
        case ast.Assign() | ast.AnnAssign():
            calls = any(isinstance(n, ast.Call) for n in ast.walk(statement))
            for name in bound(statement):
                yield Definition(module, name, "constant", lines, calls)
        case _:
            yield Definition(module, f"<line {statement.lineno}>", "statement", lines)


def _lines(node: Any) -> tuple[int, int]:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return first, node.end_lineno


# -- mutants


def mutated(source: str, definition: Definition) -> str:
    """Return a module's source with one definition materially changed: another statement, attribute or value."""
    tree = ast.parse(source)
    if definition.kind in ("function", "method", "class"):
        node = find(tree, definition.name)
        node.body.insert(1 if ast.get_docstring(node) is not None else 0, ast.parse("_mutated = 1").body[0])
    elif definition.kind == "statement":
        tree.body.append(ast.parse("str(1)").body[0])
    else:
        for statement in top_level(tree):
            if definition.name in bound(statement) and isinstance(statement, ast.Assign | ast.AnnAssign):
                _change(statement, definition.name, other_value)
    return ast.unparse(ast.fix_missing_locations(tree))


def harsh(source: str, definition: Definition) -> Iterator[tuple[str, str]]:
    """Yield (what was done, source) of mutants that a result does not survive where it depends on them.

    A function raises, and returns (or yields) another value, or does nothing where it returns none; a constant, or
    one in a class body, has another value. Other values are made at run time, by the built-in ``__perturbed__``.
    """
    if definition.kind in ("function", "method"):
        for words, change in (("raises", _raise), ("gives something else", _other)):
            tree = ast.parse(source)
            change(find(tree, definition.name))
            yield words, ast.unparse(ast.fix_missing_locations(tree))
    elif definition.kind == "class":
        count = sum(1 for part in find(ast.parse(source), definition.name).body if _valued(part))
        for number in range(count):
            tree = ast.parse(source)
            part = [part for part in find(tree, definition.name).body if _valued(part)][number]
            part.value = _perturbing(part.value)
            yield f"has another value in line {part.lineno}", ast.unparse(ast.fix_missing_locations(tree))
        if not count:
            yield "has one more attribute", mutated(source, definition)
    else:
        tree = ast.parse(source)
        for statement in top_level(tree):
            if definition.name in bound(statement) and isinstance(statement, ast.Assign | ast.AnnAssign):
                _change(statement, definition.name, _perturbing)
        yield "has another value", ast.unparse(ast.fix_missing_locations(tree))


def _change(statement: Any, name: str, other: Callable[[Any], ast.expr]) -> None:
    """Change the value of a name; of ``A, B = 1, 2`` its own part."""
    (target, *_) = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    value = statement.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        place = [getattr(each, "id", "") for each in target.elts].index(name)
        value.elts[place] = other(value.elts[place])
    else:
        statement.value = other(value)


def _valued(part: ast.stmt) -> bool:
    return isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None


def _perturbing(value: Any) -> ast.expr:
    return ast.Call(ast.Name("__perturbed__", ast.Load()), [value], [])


def _raise(node: Any) -> None:
    node.body = ast.parse("raise RuntimeError('mutated')").body


def _other(node: Any) -> None:
    found = [n for n in ast.walk(node) if isinstance(n, ast.Return | ast.Yield) and n.value is not None]
    for each in found:
        each.value = _perturbing(each.value)
    if not found:
        node.body = ast.parse("pass").body


def find(tree: ast.Module, name: str) -> Any:
    """Return the node of a function, class or method."""
    node: Any = tree
    for part in name.split("."):
        body = top_level(node) if isinstance(node, ast.Module) else node.body
        (node, *_) = (n for n in body if getattr(n, "name", None) == part)
    return node


def other_value(value: ast.expr) -> ast.expr:
    """Return an expression of another value and, for literals, the same type."""
    try:
        return ast.parse(repr(perturbed(ast.literal_eval(value))), mode="eval").body
    except (ValueError, TypeError, SyntaxError):
        # a value that is not plain: the same one, made by another expression
        return ast.Subscript(ast.Tuple([value, ast.Constant("mutated")], ast.Load()), ast.Constant(0), ast.Load())


def perturbed(value: Any) -> Any:
    """Return another value of the same type; None for what has no other."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}_"
        case bytes():
            return value + b"_"
        case Path():
            return value.with_name(f"{value.name}_")
        case None:
            return "mutated"
        case list() | tuple():
            if not value:
                return type(value)(["mutated"])
            return type(value)([*value[:-1], perturbed(value[-1])])
        case dict():
            if not value:
                return {"mutated": 1}
            *_, last = value
            return {**value, last: perturbed(value[last])}
        case set() | frozenset():
            return type(value)([*value, "mutated"])
    if is_dataclass(value) and not isinstance(value, type):
        first = fields(value)[0].name
        return replace(value, **{first: perturbed(getattr(value, first))})
    return None
