from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hembench.commands import verify
from hembench.commands._study import Loaded
from hembench.datasets import digits
from hembench.plan.jobs import Job, Plan

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


def test_raw_files_that_are_others_are_told_then_moved_out_of_the_way(
    call: Call, store_study: Callable[[str], Loaded], tmp_path: Path
) -> None:
    loaded = store_study("1")
    fetch = Job("fetch", "digits", "fetch", {"dataset": "digits"}, {}, {}, {"stage": "fetch"})
    loaded = replace(loaded, plan=Plan("tiny", {fetch.path: fetch}, {}))
    assert call(verify, loaded, "tiny")[0] == 0, "a missing file is fetched by the next run"
    digits.fetch(tmp_path / "data" / "digits")
    assert call(verify, loaded, "tiny")[0] == 0
    file = tmp_path / "data" / "digits" / "digits.csv.gz"
    file.write_bytes(file.read_bytes()[:-1])
    status, printed = call(verify, loaded, "tiny")
    assert status == 1
    assert f"{file}: another checksum than the data-set's file names" in printed
    status, printed = call(verify, loaded, "tiny", "--repair")
    assert status == 0
    assert [path.name for path in file.parent.iterdir()] == ["digits.csv.gz.damaged-1"]
    digits.fetch(tmp_path / "data" / "digits")
    assert call(verify, loaded, "tiny")[0] == 0
