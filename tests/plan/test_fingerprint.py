"""An edit makes stale exactly what can execute it: small packages, edited and compared."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hembench.core.errors import FingerprintError
from hembench.plan import _definitions, _syntax
from hembench.plan.fingerprint import Code, Fingerprinter

PACKAGE = {
    "core/numbers.py": '''
"""Numbers."""
from __future__ import annotations

SCALE = 2
LIMITS: tuple[int, int] = (0, 9)
UNUSED = 5
"""Text after a constant."""


def scaled(x: float) -> float:
    """Scale."""
    return x * SCALE


def limited(x, low=LIMITS[0]):
    return max(x, low)
''',
    "core/trace.py": "def traced(f):\n    def inner(*given):\n        return f(*given)\n\n    return inner\n",
    "core/base.py": "class Base:\n    rate = 1\n\n    def forward(self):\n        return self.rate\n",
    "core/table.py": "def make(n):\n    return range(n)\n\n\nTABLE = make(3)\n\n\ndef other():\n    return 1\n",
    "core/hub.py": "from pkg.core.numbers import scaled as again\nfrom pkg.core.numbers import limited\n",
    "core/boundary.py": "def publish(x):\n    return x\n\n\ndef load(name):\n    return __import__(name)\n",
    "room/__init__.py": "",
    "room/inner.py": "def load(name):\n    return __import__(name)\n",
    "core/errors.py": "class WrongError(Exception):\n    pass\n",
    "losses/_helper.py": "from pkg.core.numbers import scaled\n\n\ndef mean(x):\n    return scaled(sum(x))\n",
    "losses/hem.py": '''
from pkg.losses._helper import mean


def build(count, *, margin: float = 1.0):
    """Build it."""
    total: float = 0.0
    # sum up
    for i in range(count):
        total += i
    return mean([total, margin])
''',
    "losses/ce.py": "import math\n\n\ndef build(count):\n    return math.log(count)\n",
    "losses/reexported.py": "from pkg.core.hub import again\n\n\ndef build(n):\n    return again(n)\n",
    "losses/aliased.py": "import pkg.core.numbers as n\n\n\ndef build(count):\n    return n.limited(count)\n",
    "losses/dotted.py": "import pkg.core.numbers\n\n\ndef build(n):\n    return pkg.core.numbers.limited(n)\n",
    "losses/inside.py": "def build(n):\n    from pkg.core import numbers\n\n    return numbers.scaled(n)\n",
    "losses/derived.py": "from pkg.core.base import Base\n\nclass A(Base):\n    n=1\ndef build():\n    return A\n",
    "losses/decorated.py": "from pkg.core.trace import traced\n\n\n@traced\ndef build(count):\n    return count\n",
    "losses/called.py": "from pkg.core.table import other\n\n\ndef build(count):\n    return other()\n",
    "losses/whole.py": "from pkg.core import numbers\n\n\ndef build(count, use=str):\n    return use(numbers)\n",
    "losses/configured.py": '''
from dataclasses import dataclass, field

from pkg.core.base import Base


@dataclass(frozen=True)
class Options:
    """Options."""

    power: int = 1
    names: list[str] = field(default_factory=list)
    base: "Base | None" = None

    def shown(self, width: int = 3) -> str:
        """Show."""
        return str(self.power)[:width]


def build(count):
    return Options()
''',
    "losses/guarded.py": '''
from typing import TYPE_CHECKING

from pkg.core.boundary import publish
from pkg.core.errors import WrongError

if TYPE_CHECKING:
    from pkg.core.table import other


def build(count: "other"):
    if count < 0:
        raise WrongError
    return publish(count)
''',
}  # fmt: skip
LOSSES = sorted(path[7:-3] for path in PACKAGE if path.startswith("losses/") and "_" not in path)
NUMBERS = {"hem", "reexported", "inside", "whole"}  # users of scaled
BOUNDARY = ("pkg.core.boundary", "pkg.core.errors.WrongError", "pkg.room")
LENT = ("pkg.core.boundary.publish", "pkg.core.errors")


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {"__init__.py": "", "core/__init__.py": "", "losses/__init__.py": "", **files}.items():
        path = folder / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "pkg"


def fingerprinter(package: Path, cache: Path | None = None) -> Fingerprinter:
    return Fingerprinter(package, cache, "pkg", BOUNDARY, LENT)


def code_of(folder: Path, files: dict[str, str], module: str, name: str | None = "build") -> Code:
    return fingerprinter(write(folder, files)).code([(f"pkg.{module}", name)])


def digests(package: Path, cache: Path | None = None) -> dict[str, str]:
    made = fingerprinter(package, cache)
    return {name: made.code([(f"pkg.losses.{name}", "build")]).digest for name in LOSSES}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return digests(write(tmp_path_factory.mktemp("before"), PACKAGE))


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


REFUSED = {
    "star import": ("from pkg.core.numbers import *\n", 1),
    "relative import": ("from . import _helper\n", 1),
    "module's __getattr__": ("def __getattr__(name):\n    return 1\n", 1),
    "assignment to a module": ("import pkg.core.numbers as n\n\nn.SCALE = 3\n", 3),
    "getattr": ("from pkg.core import numbers\n\nf = getattr(numbers, 'scaled')\n", 3),
    "setattr": ("from pkg.core import numbers\n\nsetattr(numbers, 'SCALE', 3)\n", 3),
    "vars": ("from pkg.core import numbers\n\nX = vars(numbers)\n", 3),
    "eval": ("X = eval('1')\n", 1),
    "exec": ("exec('X = 1')\n", 1),
    "compile": ("X = compile('1', '', 'eval')\n", 1),
    "__import__": ("X = __import__('os')\n", 1),
    "importlib": ("import importlib\n\nX = importlib.import_module('pkg.core')\n", 3),
    "importlib by name": ("from importlib import import_module as load\n\nX = load('pkg.core')\n", 3),
    "globals": ("X = globals()\n", 1),
    "builtins": ("import builtins\n\nX = builtins.eval('1')\n", 3),
    "sys.modules": ("import sys\n\nX = sys.modules['pkg']\n", 3),
    "environment": ("import os\n\nX = os.environ['X']\n", 3),
    "environment by a function": ("from os import getenv\n\nX = getenv('X')\n", 3),
    "file beside the code": ("from pathlib import Path\n\nX = Path(__file__).with_name('x.txt').read_text()\n", 3),
    "file": ("X = open('x.txt').read()\n", 1),
    "file by a method": ("from pathlib import Path\n\nX = Path('x').read_text()\n", 3),
    "file by a method of a value": ("def f(path):\n    return path.read_bytes()\n\n\nX = f(1)\n", 2),
    "files of a folder": ("from pathlib import Path\n\nX = list(Path('x').glob('*'))\n", 3),
    "array of a file": ("import numpy as np\n\nX = np.load('x.npy')\n", 3),
    "weights of a file": ("import torch\n\nX = torch.load('x.pt')\n", 3),
    "table of a file": ("import pandas\n\nX = pandas.read_csv('x.csv')\n", 3),
    "package's folder": ("import pkg\n\nX = list(pkg.__path__)\n", 3),
    "module's file": ("from pkg.core import numbers\n\nX = numbers.__file__\n", 3),
    "module's loader": ("import math\n\nX = math.__loader__\n", 3),
    "module's spec": ("import math\n\nX = getattr(math, '__spec__')\n", 3),
    "command line": ("import sys\n\nX = sys.argv[1]\n", 3),
    "clock": ("import time\n\nX = time.time()\n", 3),
    "day": ("from datetime import date\n\nX = date.today()\n", 3),
    "chance": ("from os import urandom\n\nX = urandom(1)\n", 3),
    "file's size": ("import os.path\n\nX = os.path.getsize('x')\n", 3),
    "file by another opener": ("from codecs import open as o\n\nX = o('x')\n", 3),
    "columns of a file": ("import pandas\n\nX = pandas.read_fwf('x')\n", 3),
    "hints by a method's dispatch": ("from functools import singledispatchmethod as s\n\nX = s(len)\n", 3),
    "hints of a custom operator": ("import torch\n\nX = torch.library.custom_op('a', len)\n", 3),
    "working folder": ("from pathlib import Path\n\nX = Path.cwd()\n", 3),
    "machine": ("import socket\n\nX = socket.gethostname()\n", 3),
    "program": ("import subprocess\n\nX = subprocess.run(['x'])\n", 3),
    "network": ("from urllib.request import urlopen\n\nX = urlopen('x')\n", 3),
    "pickle": ("import pickle\n\nX = pickle.loads(b'')\n", 3),
    "boundary": ("from pkg.core.boundary import load\n\nX = load('x')\n", 3),
    "boundary by another name": ("import pkg.core.boundary as b\n\nX = b.load('x')\n", 3),
    "boundary in full": ("import pkg.core.boundary\n\nX = pkg.core.boundary.load('x')\n", 3),
    "boundary in a function": ("def f():\n    from pkg.core import boundary\n\n    boundary.load('x')\n", 4),
    "boundary as a value": ("from pkg.core import boundary\n\nX = str(boundary)\n", 3),
    "boundary imported for others": ("from pkg.core.boundary import load as other\n", 1),
    "room of the boundary": ("from pkg.room import inner\n\nX = inner.load('x')\n", 3),
    "import for others": ("from importlib import import_module\n", 1),
    "resource": ("from importlib import resources\n\nX = resources.files('pkg')\n", 3),
    "validate_call": ("import pydantic\n\nX = pydantic.validate_call(len)\n", 3),
    "package as a value": ("from pkg import core\n\nX = core\n", 3),
    "docstring": ("def f():\n    pass\n\n\nX = f.__doc__\n", 5),
    "docstring by text": ("def f():\n    pass\n\n\nX = getattr(f, '__doc__')\n", 5),
    "hints": ("def f(x: int):\n    pass\n\n\nX = f.__annotations__\n", 5),
    "hints of a signature": ("import inspect\n\nX = inspect.signature(len).return_annotation\n", 3),
    "source": ("import inspect\n\nX = inspect.getsource(len)\n", 3),
    "subclasses": ("X = object.__subclasses__()\n", 1),
    "metaclass": ("class X(metaclass=type):\n    pass\n\n\nY = X()\n", 1),
    "__init_subclass__": ("class X:\n    def __init_subclass__(cls):\n        pass\n\n\nY = X()\n", 2),
    "global import": ("def f():\n    global m\n    import pkg.core.hub as m\n", 2),
    "own TYPE_CHECKING": ("TYPE_CHECKING = True\nfor TYPE_CHECKING in [True]:\n    pass\n", 2),
    "unreadable code": ("X = (\n", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_code_that_cannot_be_followed_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    text, line = REFUSED[name]
    user = "from pkg.losses import bad\n\n\ndef build(n):\n    return str(bad)\n"  # all that is in it
    package = write(tmp_path, PACKAGE | {"losses/bad.py": text, "losses/user.py": user})
    with pytest.raises(FingerprintError, match=f"pkg/losses/bad.py:{line}: "):
        fingerprinter(package).code([("pkg.losses.user", "build")])
    assert fingerprinter(package).code([("pkg.losses.hem", "build")])  # others are not disturbed


def test_only_followed_definitions_are_refused(tmp_path: Path) -> None:
    text = "def bad(x):\n    return eval(x)\n\n\ndef good(x):\n    return x\n"
    package = write(tmp_path, {"losses/half.py": text})
    assert fingerprinter(package).code([("pkg.losses.half", "good")])
    with pytest.raises(FingerprintError, match=r"pkg/losses/half\.py:2: eval"):
        fingerprinter(package).code([("pkg.losses.half", "bad")])


def test_code_in_a_package_file_is_refused(tmp_path: Path) -> None:
    package = write(tmp_path, PACKAGE | {"losses/__init__.py": "from pkg.losses.hem import build\n"})
    with pytest.raises(FingerprintError, match=r"pkg/losses/__init__\.py:1: "):
        fingerprinter(package).code([("pkg.losses.ce", "build")])


@pytest.mark.parametrize(
    "text",
    [
        "import re\n\n\ndef build(n):\n    return re.compile('a')\n",
        "def build(model):\n    model.eval()\n    return getattr(model, 'rate', 1)\n",
        "def build(n, compile=False):\n    return compile\n",
        "import inspect\n\n\ndef build(f):\n    return inspect.signature(f).parameters\n",
        "from importlib import metadata\n\n\ndef build(n):\n    return metadata.version('numpy')\n",
        "import abc\n\n\nclass A(metaclass=abc.ABCMeta):\n    pass\n\n\ndef build(n):\n    return A\n",
        "import torch\n\n\ndef build(n):\n    torch.backends.cudnn.benchmark = False\n",
        "def build(open, read_text):\n    return open(read_text)\n",
        "import urllib.parse\n\n\ndef build(n):\n    return urllib.parse.quote(n)\n",
        "import numpy as np\n\n\ndef build(n):\n    return np.loadtxt_like(n)\n",
    ],
)
def test_ordinary_code_is_not_refused(text: str, tmp_path: Path) -> None:
    assert code_of(tmp_path, {"losses/a.py": text}, "losses.a")


@pytest.mark.parametrize(
    "entry", [("pkg.losses.hemm", "build"), ("pkg.losses.hem", "biuld"), ("pkg.core.boundary", "publish")]
)
def test_an_entry_that_is_not_there_is_refused(entry: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(FingerprintError, match=entry[0]):
        fingerprinter(write(tmp_path, PACKAGE)).code([entry])


# -- the cache


def test_the_cache_changes_no_digest(before: dict[str, str], tmp_path: Path) -> None:
    package, cache = write(tmp_path, PACKAGE), tmp_path / "c" / "fingerprint.json"
    assert digests(package, cache) == before
    stamp = cache.read_bytes()
    assert digests(package, cache) == before
    assert cache.read_bytes() == stamp
    write(tmp_path, {"losses/ce.py": "def build(count):\n    return 7\n"})
    edited = digests(package, cache)
    assert {name for name in LOSSES if edited[name] != before[name]} == {"ce"}
    cache.unlink()
    assert digests(package, cache) == edited


def test_the_cache_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, cache = write(tmp_path, PACKAGE), tmp_path / "fingerprint.json"
    digests(package, cache)
    monkeypatch.setattr(_definitions, "read", lambda content: pytest.fail("read again"))
    digests(package, cache)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 1}', b'{"files": {}, "format": "other"}', b"\xff\x00"]
)
def test_a_damaged_or_foreign_cache_is_made_again(content: bytes, before: dict[str, str], tmp_path: Path) -> None:
    package, cache = write(tmp_path, PACKAGE), tmp_path / "fingerprint.json"
    cache.write_bytes(content)
    assert digests(package, cache) == before
    assert json.loads(cache.read_bytes())["files"]


def test_a_cache_that_cannot_be_written_is_no_error(before: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert digests(write(tmp_path, PACKAGE), tmp_path / "file" / "fingerprint.json") == before


@pytest.mark.parametrize("seed", ["0", "1"])
def test_another_process_finds_the_same(seed: str, before: dict[str, str], tmp_path: Path) -> None:
    package = write(tmp_path, PACKAGE)
    script = (
        "import json, sys; from pathlib import Path; from hembench.plan.fingerprint import Fingerprinter\n"
        f"made = Fingerprinter(Path(sys.argv[1]), Path(sys.argv[2]), 'pkg', {BOUNDARY!r}, {LENT!r})\n"
        f"print(json.dumps({{n: made.code([('pkg.losses.' + n, 'build')]).digest for n in {LOSSES!r}}}))\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    for _ in range(2):  # without and with the cache
        run = subprocess.run(
            [sys.executable, "-c", script, str(package), str(tmp_path / "c.json")],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(run.stdout) == before


SAMPLE = '''
"""A file with one of most things."""
from __future__ import annotations
import math as m
from dataclasses import dataclass, field
from functools import cache
A: int = 0x10
B, (C, *D) = 1, (2.5, 3j, b"\\xff", "caf\\u00e9 \\U0001f600", None, ..., -1e-300)
E = {**{"a": A}, "b": [x for x in (1, 2) if x] or (lambda y=A: y)}
@dataclass(frozen=True)
class K:
    """Doc."""
    a: int
    b: list[str] = field(default_factory=list)
    async def go(self, /, x: int, *rest, k=A, **named) -> None:
        async with x as y, k:
            yield await y
@cache
def f(x, y=m.pi):
    """Doc."""
    global A
    z: int = x if x < y <= 3 else not y
    try:
        with opened(x) as s:
            z += s[1:2, ::3] @ ~y
    except (OSError, ValueError) as e:
        raise RuntimeError(f"{x!r:>{z}}" f" and {y=}" "end") from e
    else:
        del z
    finally:
        A = (w := 3)
    while True:
        for i, in x:
            continue
        else:
            break
    match x:
        case K(a=1, b=[_, *others]) | {"k": None, **more} if others:
            return K(1, *x, **y)
        case -1 | "s" as t:
            assert t, "no"
print(f(1))
'''  # fmt: skip


def test_the_dump_is_the_same_on_every_python(tmp_path: Path) -> None:
    """Recorded with Python 3.11 to 3.13. Another value means that every key of every result changes."""
    code = code_of(tmp_path, {"core/sample.py": SAMPLE}, "core.sample", None)
    assert code.digest == "afac14bb72035fa3bf8f6c85cf63064ddb68435442325c3064f68fd5f1d04207"
    assert ast.unparse(ast.parse(SAMPLE)) != SAMPLE
    again = code_of(tmp_path, {"core/sample.py": ast.unparse(ast.parse(SAMPLE))}, "core.sample", None)
    assert again == code


def test_an_f_string_counts_the_same_however_python_cuts_it() -> None:
    """Python 3.12 puts empty texts around a value in a format that 3.11 and 3.13 do not."""
    value = ast.FormattedValue(value=ast.Name(id="x", ctx=ast.Load()), conversion=-1)
    cut = [ast.Constant(value=text) for text in ("", "a", "b")]
    merged = _syntax.merged([*cut, value, ast.Constant(value="")])
    assert [ast.dump(part) for part in merged] == [ast.dump(ast.Constant(value="ab")), ast.dump(value)]


# -- properties


@settings(max_examples=40)
@given(st.data())
def test_comments_and_formatting_never_count(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PACKAGE)))
    text = PACKAGE[name]
    if data.draw(st.booleans()):
        text = ast.unparse(ast.parse(text))
    lines = text.split("\n")
    noise = st.sampled_from(["", "# note", "        # far", "\t", "#" * 90])
    for place, line in data.draw(st.lists(st.tuples(st.integers(0, len(lines)), noise), max_size=6)):
        lines.insert(place, line)
    was, now = (_definitions.read(t.encode()) for t in (PACKAGE[name], "\n".join(lines)))
    assert {n: u["digest"] for n, u in was["units"].items()} == {n: u["digest"] for n, u in now["units"].items()}
    assert {n: set(u["uses"]) for n, u in was["units"].items()} == {
        n: set(u["uses"]) for n, u in now["units"].items()
    }
    assert was["bindings"] == now["bindings"]


WAYS = {  # how function i calls function j of another module: its import, an import inside, the call
    "name": ("from pkg.core.m{m} import f{j}", "", "f{j}(x)"),
    "other name": ("from pkg.core.m{m} import f{j} as g{j}", "", "g{j}(x)"),
    "module": ("from pkg.core import m{m}", "", "m{m}.f{j}(x)"),
    "alias": ("import pkg.core.m{m} as a{m}", "", "a{m}.f{j}(x)"),
    "dotted": ("import pkg.core.m{m}", "", "pkg.core.m{m}.f{j}(x)"),
    "inside": ("", "from pkg.core.m{m} import f{j}", "f{j}(x)"),
    "hub": ("from pkg.core.hub import f{j}", "", "f{j}(x)"),
    "hub as a module": ("from pkg.core import hub", "", "hub.f{j}(x)"),
}


@settings(max_examples=60)
@given(st.data())
def test_an_edit_changes_the_functions_that_reach_it_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    count = data.draw(st.integers(2, 9))
    home = [data.draw(st.integers(0, 3)) for _ in range(count)]
    calls = {
        i: data.draw(st.dictionaries(st.integers(0, i - 1), st.sampled_from(sorted(WAYS)))) if i else {}
        for i in range(count)
    }
    edited = data.draw(st.integers(0, count - 1))

    def files(changed: int | None) -> dict[str, str]:
        heads: dict[int, list[str]] = {m: ["X = 1"] for m in range(4)}
        bodies: dict[int, list[str]] = {m: [] for m in range(4)}
        for i, m in enumerate(home):
            bodies[m].append(f"def f{i}(x):")
            for j, way in calls[i].items():
                head, inside, call = (part.format(m=home[j], j=j) for part in WAYS[way])
                local = home[j] == m
                heads[m].append("" if local else head)
                bodies[m] += [
                    f"    {inside}" if inside and not local else "",
                    f"    x = {f'f{j}(x)' if local else call}",
                ]
            bodies[m].append(f"    return x + {1 if i == changed else 0}")
        hub = "\n".join(f"from pkg.core.m{m} import f{i}" for i, m in enumerate(home))
        made = {f"core/m{m}.py": "\n".join([*dict.fromkeys(heads[m]), *bodies[m], ""]) for m in range(4)}
        return made | {"core/hub.py": hub + "\n"}

    def prints(changed: int | None) -> list[str]:
        made = fingerprinter(write(tmp_path_factory.mktemp("graph"), files(changed)))
        return [made.code([(f"pkg.core.m{home[i]}", f"f{i}")]).digest for i in range(count)]

    reach: list[set[int]] = []
    for i in range(count):
        reach.append({i}.union(*(reach[j] for j in calls[i])))
    changed = {i for i, (was, now) in enumerate(zip(prints(None), prints(edited), strict=True)) if was != now}
    assert changed == {i for i in range(count) if edited in reach[i]}
