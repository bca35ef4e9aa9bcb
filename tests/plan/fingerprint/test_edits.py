"""An edit makes stale exactly what can execute it: small packages, edited and compared."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import NamedTuple

import pytest
from small_package import LOSSES, NUMBERS, PACKAGE, code_of, digests, write


class Edit(NamedTuple):
    file: str
    old: str
    new: str
    stale: set[str]


NOTHING: set[str] = set()
EDITS = {
    "comment": Edit("losses/hem.py", "# sum up", "# add", NOTHING),
    "docstring of a module": Edit("core/numbers.py", '"""Numbers."""', '"""More."""', NOTHING),
    "docstring of a function": Edit("core/numbers.py", '"""Scale."""', '"""Scale it."""', NOTHING),
    "docstring removed": Edit("core/numbers.py", '    """Scale."""\n', "", NOTHING),
    "docstring of a class": Edit("losses/configured.py", '"""Options."""', '"""All."""', NOTHING),
    "docstring of a method": Edit("losses/configured.py", '"""Show."""', '"""See."""', NOTHING),
    "docstring of a constant": Edit("core/numbers.py", '"""Text after a constant."""', "", NOTHING),
    "formatting": Edit("core/numbers.py", "return x * SCALE", "return (\n        x*SCALE\n    )", NOTHING),
    "another way to write a number": Edit("losses/hem.py", "1.0", "1.00", NOTHING),
    "hint of a parameter": Edit("core/numbers.py", "(x: float)", "(x: int)", NOTHING),
    "hint of a result": Edit("core/numbers.py", " -> float", "", NOTHING),
    "hint of a constant": Edit("core/numbers.py", "LIMITS: tuple[int, int] =", "LIMITS =", NOTHING),
    "hint of a constant alone": Edit("core/numbers.py", "SCALE = 2", "SCALE: int\nSCALE = 2", NOTHING),
    "hint of a local variable": Edit("losses/hem.py", "total: float =", "total =", NOTHING),
    "hint of a local variable alone": Edit("losses/hem.py", "    # sum", "    i: int\n    # sum", NOTHING),
    "hint of a method": Edit("losses/configured.py", "width: int = 3) -> str", "width=3)", NOTHING),
    "hint under TYPE_CHECKING": Edit("losses/guarded.py", "import other", "import make as other", NOTHING),
    "unused function": Edit("core/numbers.py", "UNUSED = 5", "def idle():\n    return 1\nUNUSED = 5", {"whole"}),
    "unused import of a library": Edit("core/table.py", "def make", "import os\n\n\ndef make", NOTHING),
    "unused import of ours": Edit("losses/_helper.py", "\n\n\n", "\nfrom pkg.core import base\n\n\n", NOTHING),
    "unused constant": Edit("core/numbers.py", "UNUSED = 5", "UNUSED = 6", {"whole"}),
    "boundary module": Edit("core/boundary.py", "return x", "return 2 * x", NOTHING),
    "boundary definition": Edit("core/errors.py", "    pass", "    text = 1", NOTHING),
    "one loss": Edit("losses/ce.py", "math.log(count)", "-math.log(count)", {"ce"}),
    "helper": Edit("losses/_helper.py", "sum(x)", "max(x)", {"hem"}),
    "helper two imports away": Edit("core/numbers.py", "x * SCALE", "SCALE * x", NUMBERS),
    "module constant": Edit("core/numbers.py", "SCALE = 2", "SCALE = 3", NUMBERS),
    "constant in a default": Edit("core/numbers.py", "(0, 9)", "(1, 9)", {"aliased", "dotted", "whole"}),
    "2 to 2.0": Edit("core/numbers.py", "SCALE = 2", "SCALE = 2.0", NUMBERS),
    "default argument": Edit("losses/hem.py", "margin: float = 1.0", "margin: float = 2.0", {"hem"}),
    "name of a parameter": Edit("losses/hem.py", "margin", "edge", {"hem"}),
    "base class": Edit("core/base.py", "rate = 1", "rate = 2", {"derived", "configured"}),
    "method of a base class": Edit("core/base.py", "return self.rate", "return 0", {"derived", "configured"}),
    "decorator's body": Edit("core/trace.py", "return f(*given)", "return 1", {"decorated"}),
    "decorator removed": Edit("losses/decorated.py", "@traced\n", "", {"decorated"}),
    "field": Edit("losses/configured.py", "power: int = 1", "power: int = 2", {"configured"}),
    "hint of a field": Edit("losses/configured.py", "power: int", "power: float", {"configured"}),
    "hint in quotes of a field": Edit("losses/configured.py", "Base | None", "Base", {"configured"}),
    "argument of a decorator": Edit("losses/configured.py", "frozen=True", "frozen=False", {"configured"}),
    "constant made by a call": Edit("core/table.py", "make(3)", "make(4)", {"called"}),
    "what makes a constant": Edit("core/table.py", "range(n)", "range(n + 1)", {"called"}),
    "loop of a module": Edit("core/table.py", "TABLE =", "for i in []:\n    pass\n\nTABLE =", {"called"}),
    "call of a module": Edit("core/base.py", "class Base", "print()\nclass Base", {"derived", "configured"}),
    "import pointing elsewhere": Edit("losses/reexported.py", "again\n", "limited as again\n", {"reexported"}),
    "re-export pointing elsewhere": Edit("core/hub.py", "scaled as again", "limited as again", {"reexported"}),
    "library pointing elsewhere": Edit("losses/ce.py", "import math", "import cmath as math", {"ce"}),
    "import in a function": Edit("losses/inside.py", "import numbers\n", "import base as numbers\n", {"inside"}),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_makes_stale_exactly_its_users(name: str, before: dict[str, str], tmp_path: Path) -> None:
    edit = EDITS[name]
    assert PACKAGE[edit.file].count(edit.old) >= 1
    edited = PACKAGE[edit.file].replace(edit.old, edit.new)
    ast.parse(edited)
    after = digests(write(tmp_path, PACKAGE | {edit.file: edited}))
    assert {loss for loss in LOSSES if after[loss] != before[loss]} == edit.stale


def test_a_new_plugin_file_and_touched_files_change_nothing(before: dict[str, str], tmp_path: Path) -> None:
    package = write(tmp_path, PACKAGE | {"losses/fresh.py": "print(1)\n\n\ndef build(count):\n    return 1\n"})
    for path in package.rglob("*.py"):
        os.utime(path, (0, 0))
    assert digests(package) == before


def test_a_function_that_becomes_used_counts(tmp_path: Path) -> None:
    files = {"losses/a.py": "def build(n):\n    return abs(n)\n"}
    own = files["losses/a.py"] + "\n\ndef abs(n):\n    return n\n"
    assert (
        code_of(tmp_path / "1", files, "losses.a").digest
        != code_of(tmp_path / "2", {"losses/a.py": own}, "losses.a").digest
    )


def test_the_definitions_say_what_was_reached(tmp_path: Path) -> None:
    definitions = code_of(tmp_path, PACKAGE, "losses.hem").definitions
    assert {name for name in definitions if name.startswith("pkg.core")} == {
        "pkg.core.numbers.SCALE",
        "pkg.core.numbers.scaled",
    }
    assert "pkg.core.table:<module>" in code_of(tmp_path, PACKAGE, "losses.called").definitions
    assert all(len(text) >= 12 and int(text, 16) >= 0 for text in definitions.values())


def test_an_entry_without_a_function_is_every_function_and_class(tmp_path: Path) -> None:
    found = code_of(tmp_path, PACKAGE, "core.numbers", None).definitions
    assert set(found) == {f"pkg.core.numbers.{name}" for name in ("SCALE", "LIMITS", "scaled", "limited")}


RESIDUE = {
    "registry by an unknown decorator": ("@register\ndef f():\n    return 1\n", "return 1", "return 2"),
    "hint behind an unknown decorator": ("@register\ndef f(x: int):\n    return 1\n", "x: int", "x: str"),
    "decorated method": ("class A:\n    @register\n    def f(self):\n        return 1\n", "return 1", "return 2"),
    "call in a class body": ("class A:\n    size = register(1)\n", "(1)", "(2)"),
    "call for a base": ("class A(register(object)):\n    size = 1\n", "size = 1", "size = 2"),
    "call in a default": ("def f(x=register(1)):\n    return x\n", "return x", "return 2 * x"),
    "call in a trusted decorator": ("@cache(register(1))\ndef f():\n    return 1\n", "return 1", "return 2"),
    "fallback import": ("try:\n    import fast\nexcept ImportError:\n    fast = None\n", "None", "1"),
    "filled table": ("T = {}\n\n\ndef f():\n    return 1\n\n\nT['f'] = f\n", "return 1", "return 2"),
    "name bound twice": ("X = 1\nX = X + 1\n", "X + 1", "X + 2"),
    "added to a name": ("X = 1\nX += 1\n", "X += 1", "X += 2"),
    "conditional definition": ("if cache:\n    def f():\n        return 1\n", "return 1", "return 2"),
    "order of statements": ("X = 1\nY = abs(X)\nX = 2\n", "Y = abs(X)\nX = 2", "X = 2\nY = abs(X)"),
    "order of imports": ("import os as f\nimport re as f\n", "os as f\nimport re", "re as f\nimport os"),
}  # fmt: skip


@pytest.mark.parametrize("name", RESIDUE)
def test_what_a_module_does_on_import_counts_for_its_importers(name: str, tmp_path: Path) -> None:
    text, old, new = RESIDUE[name]
    assert text.count(old) == 1
    head = "from functools import cache\n\nfrom pkg.core.registry import register\n\n\n"
    files = {
        "core/registry.py": "def register(f):\n    return f\n",
        "core/m.py": head + text,
        "core/via.py": "from pkg.core import m\n",
        "losses/user.py": "import pkg.core.via\n\n\ndef build(n):\n    return n\n",
        "losses/lazy.py": "def build(n):\n    import pkg.core.m\n\n    return n\n",
    }
    changed = files | {"core/m.py": head + text.replace(old, new)}
    for loss in ("user", "lazy"):
        was, now = (code_of(tmp_path / f"{i}", f, f"losses.{loss}").digest for i, f in enumerate((files, changed)))
        assert was != now


def test_an_edit_in_what_a_re_export_hides_is_seen_through_both_branches(tmp_path: Path) -> None:
    files = {
        "core/fast.py": "def f():\n    return 1\n",
        "core/slow.py": "def f():\n    return 2\n",
        "core/m.py": "try:\n    from pkg.core.fast import f\nexcept Exception:\n    from pkg.core.slow import f\n",
        "losses/a.py": "from pkg.core import m\n\n\ndef build(n):\n    return m.f()\n",
    }
    assert {"pkg.core.fast.f", "pkg.core.slow.f"} <= code_of(tmp_path, files, "losses.a").definitions.keys()


def test_an_import_in_a_class_body_is_followed(tmp_path: Path) -> None:
    text = "class A:\n    from pkg.core import numbers\n\n\ndef build(n):\n    return A.numbers.scaled(n)\n"
    assert "pkg.core.numbers.SCALE" in code_of(tmp_path, PACKAGE | {"losses/a.py": text}, "losses.a").definitions


def test_a_name_made_out_of_sight_counts_as_its_whole_module(tmp_path: Path) -> None:
    files = {
        "core/m.py": "def hidden():\n    return 1\n\n\ndef start():\n    global V\n    V = hidden\n",
        "losses/a.py": "from pkg.core import m\n\n\ndef build(n):\n    return m.V()\n",
    }
    assert "pkg.core.m.hidden" in code_of(tmp_path, files, "losses.a").definitions


def test_modules_that_import_each_other_end(tmp_path: Path) -> None:
    files = {
        "core/a.py": "from pkg.core.b import f\n\n\ndef g():\n    return f()\n",
        "core/b.py": "from pkg.core.a import f, g\n\n\ndef h():\n    return g()\n",
    }
    assert "pkg.core.a.g" in code_of(tmp_path, files, "core.b", "h").definitions
