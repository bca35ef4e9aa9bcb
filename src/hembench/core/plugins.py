"""Finding plug-ins by name and reading their options without importing them.

A loss, network, data-set, attack, strategy, benchmark of episodes, corruption, OOD set, score, metric, table or
figure is one file of the folder of its kind, found by its name. Its options are the keyword-only parameters of its
entry function: names, types, bounds and literal defaults are read from the source with ``ast``, so a study is
checked without torch.
Files whose name starts with an underscore are shared helpers of their folder, not plug-ins.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from annotated_types import Ge, Gt, Le, Lt

from hembench.core.errors import ConfigError, PluginError, nearest
from hembench.core.wording import whole, wrong

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PACKAGE = Path(__file__).resolve().parent.parent

ENTRY = {
    "losses": "build",
    "networks": "build",
    "optimisers": "build",
    "augmentations": "build",
    "datasets": "train",
    "ood": "generate",
    "corruptions": "corrupt",
    "attacks": "attack",
    "strategies": "build",
    "episodes": "divide",
    "scores": "",
    "metrics": "",
    "tables": "tabulate",
    "figures": "draw",
    "tasks": "train",
    "sets": "read",
    "frames": "frame",
}
"""Entry function of each kind; the empty string stands for the plug-in's own name."""

_TYPES: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool}
_BOUNDS: dict[str, Any] = {"Ge": Ge, "Gt": Gt, "Le": Le, "Lt": Lt}


@dataclass(frozen=True)
class Option:
    """One keyword-only parameter: its name, type, and default (``required`` where it has none)."""

    name: str
    type: Any
    required: bool
    default: Any = None


def names(kind: str) -> list[str]:
    """Return the names of all plug-ins of ``kind``, sorted."""
    return list(_files(PACKAGE, kind))


def entry(kind: str, name: str) -> str:
    """Return the name of the function whose parameters are a plug-in's options.

    A data-set without a training part, which can serve as an OOD set, is entered by its ``test``.
    """
    if kind == "datasets" and not has_function(kind, name, ENTRY[kind]):
        return "test"
    return ENTRY[kind] or name


def path_of(kind: str, name: str, where: str = "") -> Path:
    """Return the file of a plug-in.

    Raises:
        ConfigError: there is no such plug-in; the message starts with ``where`` and names the nearest one.
    """
    files = _files(PACKAGE, kind)
    if name not in files:
        raise ConfigError(
            f"{f'{where}: ' if where else ''}no {_singular(kind)} is named {name!r}.{nearest(name, names(kind))} "
            f"Known: {', '.join(names(kind)) or 'none'} (one file each in src/hembench/{kind}/)."
        )
    return files[name]


def load(kind: str, name: str) -> ModuleType:
    """Import a plug-in. Only the driver and the tests call this: followed code never imports by name."""
    path_of(kind, name)
    return importlib.import_module(f"hembench.{kind}.{name}")


@cache
def signature(kind: str, name: str, function: str | None = None) -> tuple[tuple[str, ...], dict[str, Option]]:
    """Return (positional parameter names, options by name) of a plug-in's function, read from its source.

    Raises:
        PluginError: the function is missing, or an option's annotation or default can't be read.
    """
    path = path_of(kind, name)
    wanted = function or entry(kind, name)
    for node in _tree(path).body:
        if isinstance(node, ast.FunctionDef) and node.name == wanted:
            return tuple(a.arg for a in node.args.posonlyargs + node.args.args), _options(node, path)
    raise PluginError(f"{path}: a {_singular(kind)} needs a function named {wanted!r} at the top of its file.")


def has_function(kind: str, name: str, function: str) -> bool:
    """Tell whether a plug-in's file defines ``function``."""
    return function in _functions(path_of(kind, name))


def constants(kind: str, name: str) -> dict[str, Any]:
    """Return the module-level literal constants of a plug-in's file by name."""
    return dict(_constants(path_of(kind, name)))


def check_options(
    kind: str, name: str, given: dict[str, Any], function: str | None = None, where: str = ""
) -> dict[str, Any]:
    """Return ``given`` with types and bounds checked and defaults filled in, in the function's order.

    Raises:
        ConfigError: an unknown option, a missing required one, or a value of another type or out of bounds; the
            message starts with ``where`` (the place in the study).
    """
    from pydantic import ValidationError

    path_of(kind, name, where)
    _, known = signature(kind, name, function)
    prefix = f"{where}: " if where else ""
    for key in given:
        if key not in known:
            raise ConfigError(
                f"{prefix}{_singular(kind)} {name!r} has no option {key!r}.{nearest(str(key), known)} "
                f"Its options: {', '.join(known) or 'none'}."
            )
    filled: dict[str, Any] = {}
    for option in known.values():
        if option.required and option.name not in given:
            raise ConfigError(f"{prefix}{_singular(kind)} {name!r} needs the option {option.name!r}.")
        value = whole(given.get(option.name, option.default))
        try:
            filled[option.name] = adapter(option).validate_python(value)
        except ValidationError as error:
            raise ConfigError(
                f"{prefix}option {option.name!r} of {name!r}{_what_is_wrong(error.errors())}"
            ) from None
    return filled


def adapter(option: Option) -> TypeAdapter[Any]:
    """Return pydantic's check of an option: strict (no text for a number, no true for 1), lists for tuples."""
    return _adapter(option.type)


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(type_, config=ConfigDict(strict=True, allow_inf_nan=False))


def _what_is_wrong(problems: Sequence[Mapping[str, Any]]) -> str:
    """Say what was expected of a value, or of an item of it, and what was given."""
    item = next((part for part in problems[0]["loc"] if isinstance(part, int)), None)
    place = "" if item is None else f", item {item + 1}"
    return f"{place}: {wrong(problems)}."


@cache
def _files(package: Path, kind: str) -> dict[str, Path]:
    """Return the files of a kind by name, sorted; a large study asks tens of thousands of times."""
    paths = sorted((package / kind).glob("*.py"), key=lambda path: path.stem)
    return {path.stem: path for path in paths if not path.stem.startswith("_")}


@cache
def _functions(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in _tree(path).body if isinstance(node, ast.FunctionDef))


@cache
def _constants(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in _tree(path).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            try:
                found[target.id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


@cache
def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        what = getattr(error, "msg", None) or str(error)
        raise PluginError(f"{path}:{line}: this file is not valid Python ({what}): correct it.") from None


def _options(node: ast.FunctionDef, path: Path) -> dict[str, Option]:
    options = {}
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if argument.annotation is None:
            raise PluginError(f"{path}:{argument.lineno}: option {argument.arg!r} needs a type annotation.")
        kind = _type(argument.annotation, path)
        if default is None:
            options[argument.arg] = Option(argument.arg, kind, required=True)
            continue
        try:
            value = ast.literal_eval(default)
        except ValueError:
            raise PluginError(f"{path}:{default.lineno}: default of {argument.arg!r} must be a literal.") from None
        options[argument.arg] = Option(argument.arg, kind, required=False, default=value)
    return options


def _type(node: ast.expr, path: Path) -> Any:
    """Evaluate an annotation: int, float, str, bool, None, Literal, list, tuple, ``|``; Annotated with bounds."""
    match node:
        case ast.Constant(value=None):
            return type(None)
        case ast.Constant(value=str() as text):
            return _type(ast.parse(text, mode="eval").body, path)
        case ast.Name(id=name) if name in _TYPES:
            return _TYPES[name]
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return Union[_type(left, path), _type(right, path)]  # noqa: UP007  (built at run time)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            return Literal.__getitem__(ast.literal_eval(values))
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return list[_type(item, path)]  # type: ignore[misc]
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[item, ast.Constant(value=e)])) if (
            e is Ellipsis
        ):
            from pydantic import Strict

            return Annotated[tuple[_type(item, path), ...], Strict(False)]  # type: ignore[misc]  # YAML has lists
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[item, *bounds])):
            return Annotated[(_type(item, path), *(_bound(bound, path) for bound in bounds))]
    raise PluginError(f"{path}:{node.lineno}: annotation {ast.unparse(node)!r} of an option is not supported.")


def _bound(node: ast.expr, path: Path) -> Any:
    """Evaluate a bound such as ``Gt(0)``."""
    match node:
        case ast.Call(
            func=ast.Name(id=name), args=[ast.Constant(value=int() | float() as limit)], keywords=[]
        ) if name in _BOUNDS:
            return _BOUNDS[name](limit)
    raise PluginError(
        f"{path}:{node.lineno}: {ast.unparse(node)!r} is no bound of an option: use {', '.join(_BOUNDS)} of "
        f"annotated_types with a number."
    )


def _singular(kind: str) -> str:
    special = {
        "losses": "loss",
        "datasets": "data-set",
        "ood": "OOD set",
        "tasks": "task",
        "strategies": "strategy",
        "episodes": "benchmark",
    }
    return special.get(kind, kind.removesuffix("s"))
