"""Code that can't be followed is refused, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_package import PACKAGE, code_of, fingerprinter, write

from hembench.core.errors import FingerprintError

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
