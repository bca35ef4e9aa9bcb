"""A small package with one of each way in which code is used."""

from __future__ import annotations

from pathlib import Path

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
