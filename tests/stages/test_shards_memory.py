"""Peak memory does not grow with the set: measured by the kernel, in processes of their own, for two sizes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SMALL, LARGE = 320, 1600
"""Images: 48 and 241 MB in shards of 32 (5 MB); two windows of two shards are 19 MB."""

MB = 1_000_000


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory, picture: Callable[..., bytes]) -> dict[int, Path]:
    root = tmp_path_factory.mktemp("trees")
    one = root / "one.jpg"
    one.write_bytes(picture(250, 200))
    for count in (SMALL, LARGE):
        for number in range(count):
            path = root / f"{count}" / f"{number % 2}" / f"{number:05}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(one)
    return {count: root / f"{count}" for count in (SMALL, LARGE)}


def peak(what: str, trees: dict[int, Path], count: int) -> int:
    main = str(Path(__file__).with_name("memory_main.py"))
    folder = trees[count].parent / f"set-{count}" / "0123456789ab"
    # freed batches go back at once: else holes of the heap, which depend on when threads run, are measured too
    heap = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "1000000"}
    environment = {**os.environ, **heap, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, main, what, str(trees[count]), str(folder)]
    return int(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def test_peak_memory_does_not_grow_with_the_set(trees: dict[int, Path]) -> None:
    grown = {what: peak(what, trees, LARGE) - peak(what, trees, SMALL) for what in ("prepare", "epoch", "whole")}
    assert grown["whole"] > 150 * MB, "what is measured is what images take"
    assert grown["prepare"] < 20 * MB
    assert grown["epoch"] < 20 * MB
