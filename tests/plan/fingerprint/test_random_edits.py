"""An edit of a random package makes stale exactly what reaches it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_package import fingerprinter, write

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
