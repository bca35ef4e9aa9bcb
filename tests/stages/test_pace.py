from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest

from hembench.plan.jobs import Job
from hembench.stages import _pace
from hembench.stages._pace import Pace
from hembench.store import progress

TRAIN = Job("train", "made-ce-s0", "train", {}, {}, {}, {})


def test_progress_is_a_line_now_and_then_with_the_time_that_remains(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    now = [100.0]
    monkeypatch.setattr(_pace, "time", SimpleNamespace(monotonic=lambda: now[0]))
    shown = Pace(TRAIN, tmp_path)
    said: list[progress.Progress | None] = []
    for second in range(1, 9):
        now[0] = 100.0 + second
        shown(second / 8 * 0.8, f"epoch {second}")
        said.append(progress.read_progress(tmp_path))
    shown(1.0, "the end")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "train made-ce-s0:  50 %, epoch 5, 5 s to go",
        "train made-ce-s0: 100 %, the end, 0 s to go",
    ]
    # the file that `hembench status` reads is written with the lines, not at every step
    assert [one.words if one else "" for one in said] == ["starting"] * 4 + ["epoch 5"] * 4
    assert said[-1] is not None
    assert (said[-1].share, said[-1].seconds) == (pytest.approx(0.5), pytest.approx(5.0))


def test_the_time_that_remains_is_right_after_going_on_from_a_state(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    now = [100.0]
    monkeypatch.setattr(_pace, "time", SimpleNamespace(monotonic=lambda: now[0]))
    shown = Pace(TRAIN, tmp_path)
    for now[0], share in ((103.0, 0.8), (113.0, 0.9)):
        shown(share, "epoch")
    assert [record.getMessage() for record in caplog.records] == ["train made-ce-s0:  90 %, epoch, 10 s to go"]
