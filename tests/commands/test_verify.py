from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from hembench.commands import verify
from hembench.commands._study import Loaded

Call = Callable[..., tuple[int, str]]


def test_whole_results_pass(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    published("1")
    assert call(verify, store_study("1"), "tiny") == (0, "study tiny: 4 of 4 results exist, no damage\n")


def test_damage_is_named_then_set_aside(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    damaged = published("1")[1]
    (damaged / "a.txt").write_text("y")
    status, printed = call(verify, store_study("1"), "tiny")
    assert status == 1
    assert f"predict/mlp-ce-s0-main/{damaged.name}: a.txt has another sha256" in printed
    assert "1 damaged (--repair sets them aside)" in printed
    status, printed = call(verify, store_study("1"), "tiny", "--repair", "--json")
    answer = json.loads(printed)
    assert status == 0
    assert answer["results"] == 3
    assert list(answer["set_aside"]) == [f"predict/mlp-ce-s0-main/{damaged.name}"]
    assert not damaged.exists()
    assert call(verify, store_study("1"), "tiny") == (0, "study tiny: 3 of 4 results exist, no damage\n")
