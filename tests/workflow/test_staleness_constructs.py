"""An edit is followed through what Python allows: to the loss that reaches it, and not to the one that doesn't.

Two losses are added to a copy: ``probe`` and ``other``, which import the same files and use other names of them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from conftest import Project

FILES = {
    "_numbers.py": """\
FACTOR = 2
LIMIT = 3


def twice(x):
    return FACTOR * x


def half(x, low=0):
    return max(x / 2, low)


def unused(x):
    return LIMIT * x
""",
    "_others.py": "def twice(x):\n    return x + x\n\n\ndef half(x):\n    return 0.5 * x\n",
    "_hub.py": "from hembench.losses._numbers import half\nfrom hembench.losses._numbers import twice\n",
    "_traced.py": """\
def traced(function):
    def inner(*given, **named):
        return function(*given, **named)

    return inner
""",
    "_family.py": """\
class Parent:
    rate = 1

    def scaled(self, x):
        return self.rate * x


class Child(Parent):
    pass
""",
    "_settings.py": """\
from __future__ import annotations

from dataclasses import dataclass, field

from hembench.losses._family import Parent


@dataclass(frozen=True)
class Settings:
    scale: float = 1.0
    names: list[str] = field(default_factory=list)
    parent: Parent | None = None

    def shown(self, width: int = 3) -> str:
        text: str = str(self.scale)
        return text[:width]
""",
    "probe.py": """\
from hembench.losses._family import Child
from hembench.losses._hub import twice as doubled
from hembench.losses._settings import Settings
from hembench.losses._traced import traced


class Probe(Child):
    options = Settings


@traced
def _made(count):
    return Probe().scaled(doubled(count))


def build(num_classes, counts=None, ignore_index=-100, *, margin: float = 1.0):
    limit = num_classes
    return lambda logits, labels: _made(limit) + margin
""",
    "other.py": """\
from hembench.losses import _family, _hub, _numbers, _traced


def build(num_classes, counts=None, ignore_index=-100, *, margin: float = 1.0):
    return _hub.half(num_classes)
""",
}

STUDY = """\
study: tiny
seeds: [0]
conditions: [{dataset: digits, network: mlp}]
losses: {probe: {}, other: {}}
tables: [summary]
figures: [summary]
"""


class Edit(NamedTuple):
    """An edit of a file of ``FILES``, and the losses whose trainings it makes stale."""

    file: str
    old: str
    new: str
    losses: tuple[str, ...]


PROBE, OTHER = ("probe",), ("other",)

EDITS = {
    "a re-exported name, at its origin": Edit("_numbers.py", "FACTOR * x", "x * FACTOR", PROBE),
    "a re-exported name, its import line": Edit("_hub.py", "_numbers import twice", "_others import twice", PROBE),
    "a name used through a module, at its origin": Edit("_numbers.py", "x / 2", "x * 0.5", OTHER),
    "a name used through a module, its import line": Edit(
        "_hub.py", "_numbers import half", "_others import half", OTHER
    ),
    "a constant of a helper's helper": Edit("_numbers.py", "FACTOR = 2", "FACTOR = 3", PROBE),
    "a default argument": Edit("_numbers.py", "low=0", "low=1", OTHER),
    "a decorator's body": Edit("_traced.py", "return function(*given", "return function(*given[:9]", PROBE),
    "a base class of a base class": Edit("_family.py", "self.rate * x", "x * self.rate", PROBE),
    "a class variable": Edit("_family.py", "rate = 1", "rate = 2", PROBE),
    "a base class put between": Edit("probe.py", "class Probe(Child)", "class Probe(Child, list)", PROBE),
    "a field of an options class": Edit("_settings.py", "    scale:", "    more: int = 0\n    scale:", PROBE),
    "a hint in an options class": Edit("_settings.py", "scale: float", "scale: int", PROBE),
    "a default in an options class": Edit("_settings.py", "scale: float = 1.0", "scale: float = 2.0", PROBE),
    "the order of an options class": Edit(
        "_settings.py", "    scale: float = 1.0\n", "    first: int = 0\n    scale: float = 1.0\n", PROBE
    ),
    "what a lambda closes over": Edit("probe.py", "limit = num_classes", "limit = num_classes + 1", PROBE),
    "an option's default": Edit("probe.py", "margin: float = 1.0", "margin: float = 2.0", PROBE),
    "the name of a local variable": Edit("probe.py", "limit", "bound", PROBE),
    "a module that does something on import": Edit("_numbers.py", "LIMIT = 3", "LIMIT = int(3)", (*PROBE, *OTHER)),
    "a constant that nothing uses": Edit("_numbers.py", "LIMIT = 3", "LIMIT = 4", ()),
    "a function that nothing uses": Edit("_numbers.py", "LIMIT * x", "x * LIMIT", ()),
    "hints of a method": Edit("_settings.py", "width: int = 3) -> str", "width: float = 3) -> object", ()),
    "a hint of a method's variable": Edit("_settings.py", "text: str =", "text =", ()),
    "a default written as the same number": Edit("_settings.py", "scale: float = 1.0", "scale: float = 1.00", ()),
}


@pytest.fixture(scope="module")
def made_up_probes(made_up: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("probes") / "project"
    shutil.copytree(made_up.root, root, ignore=shutil.ignore_patterns("results"))
    probes = type(made_up)(root)
    for name, text in FILES.items():
        (root / "src" / "hembench" / "losses" / name).write_text(text, encoding="utf-8")
    (root / "config" / "tiny.yaml").write_text(STUDY, encoding="utf-8")
    probes.pretend()
    return probes


@pytest.fixture
def probes(made_up_probes: Project, tmp_path: Path) -> Project:
    """Return a copy with the two losses, whose results all exist."""
    shutil.copytree(made_up_probes.root, tmp_path / "probes")
    return type(made_up_probes)(tmp_path / "probes")


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_reaches_exactly(probes: Project, name: str) -> None:
    edit = EDITS[name]
    probes.edit(f"src/hembench/losses/{edit.file}", edit.old, edit.new)
    cells = [f"{stage}/digits-mlp-{loss}-s0{group}" for loss in edit.losses for stage, group in STAGES]
    pages = ["evaluate/*", "table/*", "figure/*", "report/*", "publish"] if edit.losses else []
    assert probes.would_make() == probes.matching(*cells, *pages)


STAGES = (("train", ""), ("predict", "-main"))
