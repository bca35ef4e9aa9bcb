"""The tools of the mutation suite, on a package of a few lines: what they say must be known by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from mutants.definitions import harsh, mutated, of_module, perturbed
from mutants.touched import SCIENCE, Package

SOURCE = '''
"""A module."""

from __future__ import annotations

FACTOR, LIMIT = 2, 3
MADE = dict(a=FACTOR)


def twice(x, low=LIMIT):
    """Return it twice."""
    return FACTOR * x


def unused(x):
    return MADE


class Base:
    rate: int = LIMIT

    def scaled(self, x):
        return twice(x)

    def never(self):
        return unused(1)


class Child(Base):
    pass
'''

WATCH = """
import json, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from mutants.recorder import SCIENCE, Recorder
from mutants.tracer import Watcher
recorder = Recorder()
Watcher(Path("pack"), recorder).install()
from pack import user
with recorder.on(SCIENCE):
    user.go()
sys.settrace(None)
noted = recorder.touched.items()
print(json.dumps({{place: [[t.module, t.name, t.how] for t in touched] for place, touched in noted}}))
"""


def test_every_definition_is_found_once() -> None:
    found = {(each.name, each.kind) for each in of_module("m", SOURCE)}
    assert found == {
        ("FACTOR", "constant"),
        ("LIMIT", "constant"),
        ("MADE", "constant"),
        ("twice", "function"),
        ("unused", "function"),
        ("Base", "class"),
        ("Base.scaled", "method"),
        ("Base.never", "method"),
        ("Child", "class"),
    }
    assert [each.name for each in of_module("m", SOURCE) if each.called] == ["MADE"]


@pytest.mark.parametrize("definition", of_module("m", SOURCE), ids=lambda each: each.name)
def test_a_mutant_differs_and_still_runs(definition) -> None:
    names: dict[str, Any] = {}
    exec(mutated(SOURCE, definition), names)
    constants = {"FACTOR": names["FACTOR"] != 2, "LIMIT": names["LIMIT"] != 3}
    assert [name for name, other in constants.items() if other] == [n for n in constants if n == definition.name]
    if definition.kind == "class":
        assert names[definition.name]._mutated == 1
    if definition.kind in ("function", "method"):
        assert len(list(harsh(SOURCE, definition))) == 2


def test_another_value_is_another_one_of_the_same_type() -> None:
    for value in (True, 1, 0.5, "a", b"a", Path("a/b"), [1, 2], (), {"a": [1]}, {1}, frozenset()):
        other = perturbed(value)
        assert other != value
        assert type(other) is type(value)


def test_the_tracer_sees_what_is_executed_and_read(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    (tmp_path / "pack" / "base.py").write_text(SOURCE.strip() + "\n", encoding="utf-8")
    user = """
        import threading

        from pack import base
        from pack.base import Child, unused

        HANDED = 1


        def ahead():
            return HANDED


        def go():
            kept = unused
            reader = threading.Thread(target=ahead)
            reader.start()
            reader.join()
            return Child().scaled(1), kept
    """
    (tmp_path / "pack" / "user.py").write_text(textwrap.dedent(user).strip() + "\n", encoding="utf-8")
    code = WATCH.format(folder=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    uses = Package(tmp_path / "pack").uses(json.loads(done.stdout), SCIENCE, ["pack.user"])
    base, of_user = "pack.base", "pack.user"
    # Child is read, and Base with it, whose body reads LIMIT; scaled and twice run; these read FACTOR.
    used = {(base, n) for n in ("Child", "Base", "Base.scaled", "twice", "FACTOR", "LIMIT")}
    # A thread works for the side that has started it.
    assert uses.used == used | {(of_user, "go"), (of_user, "ahead"), (of_user, "HANDED")}
    # Handed on but never called, and made by a call that importing runs.
    assert uses.touched == uses.used | {(base, "unused"), (base, "MADE")}
