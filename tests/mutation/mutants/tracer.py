"""Watches which definitions of a package a process executes or reads: the source as it is, in watched namespaces.

Modules of the package are executed statement by statement in a ``dict`` that notes which names are loaded from it
(Python looks a global name up by ``__getitem__`` where the namespace is not a plain dict), as modules that note
which attributes are taken from them; calls are seen by ``sys.settrace``. Nothing of the fingerprint is used.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import importlib.abc
import importlib.util
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mutants.definitions import Definition, bound, of_module, top_level
from mutants.recorder import DRIVER, RESIDUE, SCIENCE, Recorder, Touch


class Namespace(dict[str, Any]):
    """The globals of a watched module."""

    def __init__(self, name: str, recorder: Recorder) -> None:
        super().__init__()
        self._name, self._recorder = name, recorder

    def __getitem__(self, key: str) -> Any:
        if not key.startswith("__"):
            self._recorder.touch(self._name, key, "read")
        return super().__getitem__(key)


class Module(types.ModuleType):
    """A watched module: its attributes live in its namespace."""

    def __getattribute__(self, name: str) -> Any:
        plain = super().__getattribute__("__dict__")
        namespace: Namespace | None = plain.get("__watched__")
        if namespace is None:
            return super().__getattribute__(name)
        if name == "__dict__":
            return namespace
        if not name.startswith("__") and dict.__contains__(namespace, name) and not _by_import_at_the_top():
            namespace._recorder.touch(plain["__name__"], name, "read")
        if dict.__contains__(namespace, name):
            return dict.__getitem__(namespace, name)
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        namespace = super().__getattribute__("__dict__").get("__watched__")
        if namespace is not None:
            namespace[name] = value


class Options(dict[str, Any]):
    """A mapping of a stage's options that notes which values are taken from it, by path ("recipe.epochs").

    Making JSON of it reads nothing: a saved state holds a digest of all options, and no result depends on that.
    """

    def __init__(self, read: set[str], path: str, plain: dict[str, Any]) -> None:
        super().__init__()
        self._read, self._path = read, path
        for key, value in plain.items():
            dict.__setitem__(
                self, key, Options(read, f"{path}{key}.", value) if isinstance(value, dict) else value
            )

    def _noted(self, key: str, value: Any) -> Any:
        if not isinstance(value, Options):
            self._read.add(f"{self._path}{key}")
        return value

    def __getitem__(self, key: str) -> Any:
        return self._noted(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401

    def __iter__(self) -> Iterator[str]:  # not dict's own: so ** and dict() ask for every value
        return super().__iter__()

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        if f"{os.sep}json{os.sep}" in sys._getframe(1).f_code.co_filename:
            return super().items()
        return [(key, self[key]) for key in self]


_IMPORT_FROM = dis.opmap["IMPORT_FROM"]


def _by_import_at_the_top() -> bool:
    """Tell whether a module's own import statement, or the import system, asks: that alone reads nothing."""
    frame = sys._getframe(2)
    code = frame.f_code
    if code.co_filename.startswith("<frozen importlib"):
        return True
    return code.co_name == "<module>" and code.co_code[frame.f_lasti] == _IMPORT_FROM


class Watcher(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the package's modules so that they are watched; replaces the driver's hand-over by a watched one."""

    def __init__(self, package: Path, recorder: Recorder) -> None:
        self._package, self._recorder = package, recorder
        self._definitions: dict[str, list[Definition]] = {}
        self._codes: dict[types.CodeType, list[tuple[str, str]]] = {}
        self._import = builtins.__import__

    def install(self) -> None:
        sys.meta_path.insert(0, self)
        builtins.__import__ = self._imported
        signal.signal = _charging(self._recorder, signal.signal)
        threading.Thread.start = self._recorder.starting(threading.Thread.start)  # type: ignore[method-assign]
        threading.settrace(self._called)
        sys.settrace(self._called)

    # -- imports

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if name.partition(".")[0] != self._package.name:
            return None
        stem = self._package.parent.joinpath(*name.split("."))
        if stem.is_dir():
            return importlib.util.spec_from_file_location(name, stem / "__init__.py")
        return importlib.util.spec_from_file_location(name, stem.with_suffix(".py"), loader=self)

    def create_module(self, spec: Any) -> Module:
        return Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        name, path = module.__name__, Path(str(module.__file__))
        source = path.read_text(encoding="utf-8")
        self._definitions[str(path)] = of_module(name, source)
        tree = ast.parse(source)
        namespace = Namespace(name, self._recorder)
        namespace.update(module.__dict__)
        module.__dict__["__watched__"] = namespace
        future = "from __future__ import annotations" in source
        flags = __future__.annotations.compiler_flag if future else 0
        for statement in top_level(tree):
            names = bound(statement) or [RESIDUE]
            code = compile(ast.Module([statement], []), str(path), "exec", flags, dont_inherit=True)
            with self._recorder.place(f"{name}:{names[0]}"):
                exec(code, namespace)
        if "compute" in namespace and name.startswith(f"{self._package.name}.stages."):
            namespace["compute"] = _handed_over(self._recorder, dict.__getitem__(namespace, "compute"))

    def _imported(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        found = self._import(name, globals, locals, fromlist, level)
        if name.partition(".")[0] == self._package.name:
            places = self._recorder.places
            inside = sys._getframe(1).f_code.co_name != "<module>"
            for each in [name, *(f"{name}.{part}" for part in fromlist or ())]:
                if isinstance(sys.modules.get(each), Module):
                    # a statement at the top imports for all of its module
                    if places and not inside:
                        place = f"{places[-1].partition(':')[0]}:{RESIDUE}"
                        self._recorder.touched[place].add(Touch(each, RESIDUE, "imported"))
                    else:
                        self._recorder.touch(each, RESIDUE, "imported")
        return found

    # -- calls

    def _called(self, frame: types.FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        found = self._codes.get(code)
        if found is None:
            found = self._codes[code] = self._of_code(code)
        for module, name in found:
            self._recorder.touch(module, name, "entered")

    def _of_code(self, code: types.CodeType) -> list[tuple[str, str]]:
        """Return the function or method (and its class) in whose lines a code lies; none for bodies of classes."""
        inside = [
            each
            for each in self._definitions.get(code.co_filename, [])
            if each.lines[0] <= code.co_firstlineno <= each.lines[1]
        ]
        if code.co_name == "<module>" or (len(inside) == 1 and inside[0].kind == "class"):
            return [(each.module, each.name) for each in inside if code.co_name in ("<lambda>", "<listcomp>")]
        return [(each.module, each.name) for each in inside]


def _handed_over(recorder: Recorder, compute: Callable[..., Any]) -> Callable[..., Any]:
    """Return a stage's compute, and what it returns, charged to science; what it was given, to the driver."""

    def call(inputs: Any, options: Any) -> Any:
        state = _Charged(recorder, inputs.state)
        given = replace(inputs, progress=recorder.calling(DRIVER, inputs.progress), state=state)
        with recorder.on(SCIENCE):
            contents = compute(given, Options(recorder.options, "", options))
        return {name: recorder.calling(SCIENCE, write) for name, write in contents.items()}

    return call


def _charging(recorder: Recorder, install: Any) -> Any:
    """Return ``signal.signal`` whose handlers are charged to the driver, which installs them."""

    def signal_(number: int, handler: Any) -> Any:
        return install(number, recorder.calling(DRIVER, handler) if callable(handler) else handler)

    return signal_


class _Charged:
    """A checkpoint whose methods are charged to the driver, but not what writes a part of the result, which is the
    stage's own; where wanted, the first question brings a signal.
    """

    def __init__(self, recorder: Recorder, state: Any) -> None:
        self._recorder, self._state = recorder, state

    def __getattr__(self, name: str) -> Any:
        if name == "due" and self._recorder.stops:
            self._recorder.stops = False
            os.kill(os.getpid(), signal.SIGTERM)
        with self._recorder.on(DRIVER):
            method = getattr(self._state, name)
        if name == "part":
            return self._recorder.calling(
                DRIVER, lambda name, write: method(name, self._recorder.calling(SCIENCE, write))
            )
        return self._recorder.calling(DRIVER, method)
