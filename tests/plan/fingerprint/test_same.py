"""What never counts: Python's version, comments, formatting."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from small_package import PACKAGE, code_of

from hembench.plan import _definitions, _syntax

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
