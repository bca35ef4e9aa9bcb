"""Questions about syntax trees that reading definitions asks: pure functions of a node."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def executed(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run: no docstrings, nothing under ``if TYPE_CHECKING`` (its ``else`` runs)."""
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass() | ast.AnnAssign(value=None):
                continue
            case ast.If(test=test) if chain(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
                yield from executed(statement.orelse)
            case _:
                yield statement


def binds(statement: ast.stmt) -> list[str]:
    """Return the names that a module's statement binds, each once."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import):  # import a.b and import a.c bind the same a: not two bindings
        return [alias.asname or alias.name for alias in statement.names]
    names: dict[str, None] = {}
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names[name] = None
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names[name] = None
            case ast.alias(name=name, asname=asname):
                names[asname or name.partition(".")[0]] = None
    return list(names)


def is_simple(statement: ast.stmt) -> bool:
    """Tell whether a statement binds plain names to a value made without a call."""
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return False
    plain = all(
        isinstance(n, ast.Name | ast.Tuple | ast.List | ast.Starred | ast.Store)
        for t in targets
        for n in ast.walk(t)
    )
    return plain and statement.value is not None and not any(calls(statement.value))


def calls(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the calls (and other effects) that evaluating ``node`` makes: not those in bodies of functions."""
    if isinstance(node, ast.Call | ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
        yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        inner: Iterable[ast.AST] = [d for d in [*node.args.defaults, *node.args.kw_defaults] if d]
        if not isinstance(node, ast.Lambda):
            inner = [*inner, *node.decorator_list]
    else:
        inner = ast.iter_child_nodes(node)
    for child in inner:
        yield from calls(child)


def defined_with(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield the definitions that are made together with ``node``: itself, and what a class body defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.expr):
        for child in ast.iter_child_nodes(node):
            yield from defined_with(child)


def class_level(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a class body executes itself; hints of variables inside its functions don't count."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from class_level(child)


def called(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def chain(node: ast.AST) -> str:
    """Return ``"a.b.c"`` for a name or attributes of a name, else an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def root(chain: str) -> str:
    return chain.partition(".")[0]


def merged(values: Iterable[ast.expr]) -> list[ast.expr]:
    """Join neighbouring texts of an f-string: Python's versions cut them differently."""
    merged: list[ast.expr] = []
    for value in values:
        last = merged[-1] if merged else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant):
            merged[-1] = ast.Constant(value=str(last.value) + str(value.value))
        else:
            merged.append(value)
    return [v for v in merged if not (isinstance(v, ast.Constant) and v.value == "")]
