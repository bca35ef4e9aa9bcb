"""Raw files that a job finds missing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from made_jobs import Stage, wait_for

from hembench.core.errors import ConfigError
from hembench.datasets import digits
from hembench.plan.jobs import Job, Plan, by_path
from hembench.stages.driver import Driver
from hembench.store import artefact
from hembench.store.content import text
from hembench.store.lease import LEASE, lease


def test_raw_files_that_this_data_folder_lacks_are_brought_though_their_fetch_is_done(
    stage: Stage, results: Path, tmp_path: Path
) -> None:
    options = {"name": "fetch digits", "dataset": "digits"}
    ingredients = {"code": "c0de", "data": {"files": digits.FILES}}
    fetch = Job("fetch", "digits", "fake", options, {"fetch": ("datasets", "digits", "fetch")}, {}, ingredients)
    reads = {"name": "prepare digits", "dataset": "digits"}
    prepare = Job("prepare", "digits-train", "fake", reads, {}, {"raw": fetch.path}, {"code": "c0de"})
    plan = Plan("tiny", by_path([fetch, prepare]), {"c0de": {}})
    Driver(plan, results, tmp_path / "one").make(fetch)
    Driver(plan, results, tmp_path / "other").make(prepare)
    assert stage.calls[1][0].raw == tmp_path / "other" / "digits"
    assert [path.name for path in (tmp_path / "other" / "digits").iterdir()] == list(digits.FILES)


def test_a_data_folder_that_can_not_be_written_is_a_message_of_the_job(
    stage: Stage, results: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ingredients = {"code": "c0de", "data": {"files": digits.FILES}}
    source = {"fetch": ("datasets", "digits", "fetch")}
    options = {"name": "fetch digits", "dataset": "digits"}
    fetch = Job("fetch", "digits", "fake", options, source, {}, ingredients)
    reads = {"name": "prepare digits", "dataset": "digits"}
    prepare = Job("prepare", "digits-train", "fake", reads, {}, {"raw": fetch.path}, {"code": "c0de"})
    plan = Plan("tiny", by_path([fetch, prepare]), {"c0de": {}})
    with pytest.raises(ConfigError, match=r"raw data folder .*file/digits: can't be made .*HEMBENCH_DATA"):
        Driver(plan, results, tmp_path / "file").make(fetch)
    artefact.publish(results / fetch.path, {}, {"ingredients": ingredients})
    with pytest.raises(ConfigError, match=r"raw data folder .*file/digits: can't be made .*HEMBENCH_DATA"):
        Driver(plan, results, tmp_path / "file").make(prepare)
    assert stage.made == []


def test_raw_files_that_somebody_else_brings_meanwhile_are_waited_for_and_not_fetched(
    stage: Stage, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[Path] = []
    monkeypatch.setattr(digits, "fetch", fetched.append)
    ingredients = {"code": "c0de", "data": {"files": digits.FILES}}
    source = {"fetch": ("datasets", "digits", "fetch")}
    fetch = Job("fetch", "digits", "fake", {"dataset": "digits"}, source, {}, ingredients)
    reads = {"name": "prepare digits", "dataset": "digits"}
    prepare = Job("prepare", "digits-train", "fake", reads, {}, {"raw": fetch.path}, {"code": "c0de"})
    plan = Plan("tiny", by_path([fetch, prepare]), {"c0de": {}})
    artefact.publish(results / fetch.path, {"a.txt": text("a")}, {"ingredients": ingredients})
    folder = tmp_path / "data" / "digits"
    waiter = threading.Thread(target=Driver(plan, results, tmp_path / "data").make, args=(prepare,))
    with lease(folder, wait=True, finished=lambda: False):
        waiter.start()
        wait_for(lambda: (results / prepare.path / LEASE).exists())
        for name in digits.FILES:
            (folder / name).write_text("brought by somebody else, who holds the lease still")
        waiter.join(60)
        assert not waiter.is_alive()
    assert stage.made == ["prepare digits"]
    assert fetched == []
