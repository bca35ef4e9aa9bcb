from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hembench.commands import plan
from hembench.commands._study import Loaded
from hembench.plan.cost import Cost
from hembench.plan.jobs import Job
from hembench.plan.state import State

Call = Callable[..., tuple[int, str]]
Make = Callable[[str], Loaded]

TRAIN = Cost(2, cpu_hours=2.5, bytes=3_400_000, memory=1_500_000_000)
PREDICT = Cost(2, cpu_hours=0.25, bytes=2_000, estimated_jobs=1)


def table(loaded: Loaded, costs: Mapping[str, Cost]) -> list[list[str]]:
    states: dict[str, State] = dict.fromkeys(loaded.plan.jobs, "missing")
    lines = list(plan._table(loaded.plan, states, costs))
    assert max(len(line) for line in lines) <= 80
    return [line.replace("not needed", "not_needed").replace(" time", "_time").split() for line in lines]


def test_each_stage_says_what_its_missing_results_cost(store_study: Make) -> None:
    head, train, predict = table(store_study("1"), {"train": TRAIN, "predict": PREDICT})
    assert head[5:] == ["CPU_time", "disk", "memory"]
    assert train == ["train", "2", "0", "2", "0", "2.5", "h", "3", "MB", "1.5", "GB"]
    assert predict[5:] == ["~15.0", "min", "~2", "kB", "-"], "estimated in part; its memory is not known"


def test_time_on_gpus_has_a_column_where_there_is_any(store_study: Make) -> None:
    costs = {"train": Cost(2, gpu_hours=30.0, bytes=1, memory=1), "predict": PREDICT}
    head, train, predict = table(store_study("1"), costs)
    assert head[5:] == ["CPU_time", "GPU_time", "disk", "memory"]
    assert train[5:8] == ["-", "30.0", "h"]
    assert predict[5:8] == ["~15.0", "min", "-"]


def test_columns_of_a_study_of_the_paper_s_size_do_not_touch(store_study: Make) -> None:
    costs = {"train": Cost(2, gpu_hours=9999.0, bytes=1_010_100_000_000, estimated_jobs=2, memory=16_000_000_000)}
    _, train, _ = table(store_study("1"), costs)
    assert train[5:] == ["-", "~9999.0", "h", "~1.0", "TB", "~16.0", "GB"]
    assert ", 1.0 TB (2 of them estimated)" in costs["train"].words()


def test_a_stage_that_is_done_costs_nothing_and_a_study_that_is_done_has_no_costs(store_study: Make) -> None:
    head, train, predict = table(store_study("1"), {"predict": PREDICT})
    assert len(train) == 5
    assert len(predict) > 5
    assert len(table(store_study("1"), {})[0]) == len(head) - 3


@pytest.mark.parametrize("made", [False, True])
def test_costs_of_the_stages_add_up_and_the_words_say_so(
    call: Call,
    store_study: Make,
    published: Callable[[str], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
    made: bool,
) -> None:
    def two_each(jobs: list[Job], measured: object) -> dict[str, Cost]:
        return {job.stage: Cost(2, estimated_jobs=1) for job in jobs}

    monkeypatch.setattr(plan, "price_by_stage", two_each)
    if made:
        published("1")
    _, printed = call(plan, store_study("1"), "tiny", "--json")
    document = json.loads(printed)
    stages = document["cost_by_stage"]
    assert document["cost"]["jobs"] == sum(cost["jobs"] for cost in stages.values()) == (0 if made else 4)
    _, shown = call(plan, store_study("1"), "tiny")
    assert ("nothing to run" in shown) is made
    assert ("~ an estimate" in shown) is not made
