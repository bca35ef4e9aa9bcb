from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hembench.core.errors import LeaseHeldError
from hembench.store import artefact, content
from hembench.store import lease as leases
from hembench.store.owner import Owner

BUILDER = """
import sys, time, uuid
from pathlib import Path
from hembench.store import artefact, content
from hembench.store.lease import lease

root, count, work = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
(root / f"ready-{uuid.uuid4().hex}").touch()
while not (root / "go").exists():
    time.sleep(0.001)
for number in range(count):
    folder = root / "train" / "cell" / f"{number:012x}"
    finished = lambda: artefact.read_manifest(folder) is not None
    with lease(folder, wait=True, finished=finished, beat=0.05, dead_after=60, poll=0.002) as held:
        if held is not None:
            (root / f"built-{number}-{uuid.uuid4().hex}").touch()
            time.sleep(work)
            assert held.mine()
            artefact.publish(folder, {"a.txt": content.text("x")}, {})
"""


def never() -> bool:
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "train" / "cell" / "0123456789ab"


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []

    def start(script: str, *arguments: object) -> subprocess.Popen[bytes]:
        processes.append(subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)]))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def dead_owner(folder: Path, token: str = "dead", **fields: object) -> None:
    """Leave the lease of a process that is gone: pid 1 runs, but did not start at tick -1."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = {
        "token": token,
        "host": "h",
        "where": Owner.this_process().where,
        "pid": 1,
        "started": "-1",
        "job": "",
        "restart": 0,
    }
    (folder / "lease").write_text(json.dumps({**owner, **fields}))


def touched_ago(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds, time.time() - seconds))


def test_a_lease_names_its_owner_and_is_gone_afterwards(folder: Path) -> None:
    with leases.lease(folder, "123", wait=False, finished=never) as held:
        assert held is not None
        assert held.mine()
        owner = leases.living_owner(folder)
        assert owner is not None
        assert (owner.pid, owner.job) == (os.getpid(), "123")
    assert list(folder.iterdir()) == []


def test_a_second_builder_under_a_scheduler_ends_at_once(folder: Path) -> None:
    with (
        leases.lease(folder, "123", wait=False, finished=never),
        pytest.raises(LeaseHeldError, match="is being built by job 123 on "),
        leases.lease(folder, "124", wait=False, finished=never),
    ):
        pass


def test_nothing_is_taken_when_the_result_is_there(folder: Path) -> None:
    with leases.lease(folder, wait=False, finished=lambda: True) as held:
        assert held is None
    assert not folder.exists()


def test_a_result_published_between_look_and_lease_is_found(folder: Path) -> None:
    answers = iter([False, True])
    with leases.lease(folder, wait=False, finished=lambda: next(answers)) as held:
        assert held is None
    assert leases.read_owner(folder) is None


def test_an_exception_in_the_job_releases(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), leases.lease(folder, wait=False, finished=never):
        raise ZeroDivisionError
    assert leases.read_owner(folder) is None


def test_what_dead_builders_left_is_cleaned(folder: Path) -> None:
    (folder / ".staging-h-1-abc").mkdir(parents=True)
    (folder / ".lease-old").touch()
    (folder / "takeover-old-1").touch()
    touched_ago(folder / ".lease-old", 1000)
    with leases.lease(folder, wait=False, finished=never):
        assert [path.name for path in folder.iterdir()] == ["lease"]


def test_a_dead_process_is_taken_over_at_once_though_its_pid_is_in_use(folder: Path) -> None:
    dead_owner(folder)
    assert leases.living_owner(folder) is None
    with leases.lease(folder, wait=False, finished=never) as held:
        assert held is not None
    assert list(folder.iterdir()) == []


def test_a_process_of_another_machine_is_dead_only_without_a_heartbeat(folder: Path) -> None:
    dead_owner(folder, where="another machine", job="7")
    touched_ago(folder / "lease", 200)
    with pytest.raises(LeaseHeldError, match="job 7 on h"), leases.lease(folder, wait=False, finished=never):
        pass
    touched_ago(folder / "lease", 300)
    with leases.lease(folder, wait=False, finished=never) as held:
        assert held is not None


def test_a_requeued_job_takes_over_from_itself_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    dead_owner(folder, where="another machine", job="8")
    with pytest.raises(LeaseHeldError), leases.lease(folder, wait=False, finished=never):
        pass
    dead_owner(folder, where="another machine", job="7", restart=1)
    with pytest.raises(LeaseHeldError), leases.lease(folder, wait=False, finished=never):
        pass
    dead_owner(folder, where="another machine", job="7", restart=0)
    with leases.lease(folder, wait=False, finished=never) as held:
        assert held is not None


def test_a_job_that_is_started_again_elsewhere_waits_for_the_end_of_its_own_lease(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "here")
    told: list[str] = []

    def ask(dead_after: float) -> leases.Lease | None:
        with leases.lease(
            folder, wait=False, wait_for_own_job=True, finished=never, dead_after=dead_after, tell=told.append
        ) as held:
            return held

    for job, cluster in (("8", "here"), ("7", "there"), ("", "here")):
        dead_owner(folder, where="another machine", job=job, cluster=cluster)
        touched_ago(folder / "lease", 200)
        with pytest.raises(LeaseHeldError):
            ask(dead_after=201)
    dead_owner(folder, where="another machine", job="7", cluster="here")
    touched_ago(folder / "lease", 200)
    assert ask(dead_after=201) is not None
    assert told == ["job 7 on h"], "it waited"


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b'{"token": "a", "colour": 1}'])
def test_a_damaged_lease_dies_of_age(folder: Path, damaged: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "lease").write_bytes(damaged)
    with pytest.raises(LeaseHeldError, match="unknown host"), leases.lease(folder, wait=False, finished=never):
        pass
    touched_ago(folder / "lease", 300)
    with leases.lease(folder, wait=False, finished=never) as held:
        assert held is not None


@pytest.mark.parametrize("dead_takers", [1, 2])
def test_a_taker_that_died_half_way_blocks_nobody(folder: Path, dead_takers: int) -> None:
    dead_owner(folder)
    for number in range(1, dead_takers + 1):
        (folder / f"takeover-dead-{number}").write_text((folder / "lease").read_text())
    with leases.lease(folder, wait=False, finished=never) as held:
        assert held is not None
    assert list(folder.iterdir()) == []


def test_a_living_taker_is_respected(folder: Path) -> None:
    with leases.lease(folder, wait=False, finished=never):
        living = (folder / "lease").read_text()
    dead_owner(folder)
    (folder / "takeover-dead-1").write_text(living)
    with pytest.raises(LeaseHeldError), leases.lease(folder, wait=False, finished=never):
        pass
    assert (folder / "takeover-dead-1").exists()


def test_who_lost_the_lease_leaves_the_new_owners_alone(folder: Path) -> None:
    with leases.lease(folder, wait=False, finished=never, beat=0.01) as held:
        assert held is not None
        dead_owner(folder, token="new owner")
        assert not held.mine()
        before = (folder / "lease").stat().st_mtime_ns
        time.sleep(0.1)
        assert (folder / "lease").stat().st_mtime_ns == before
    owner = leases.read_owner(folder)
    assert owner is not None
    assert owner.token == "new owner"


def test_a_removed_lease_is_a_lost_one_and_is_not_made_again(folder: Path) -> None:
    with leases.lease(folder, wait=False, finished=never, beat=0.01) as held:
        assert held is not None
        (folder / "lease").unlink()
        time.sleep(0.1)
        assert not held.mine()
    assert list(folder.iterdir()) == []


def test_the_heartbeat_keeps_a_slow_holder_alive(folder: Path) -> None:
    with leases.lease(folder, wait=False, finished=never, beat=0.02, dead_after=1):
        touched_ago(folder / "lease", 1000)
        wait_for(lambda: time.time() - (folder / "lease").stat().st_mtime < 1)
        assert leases.living_owner(folder, dead_after=1) is not None


def test_a_waiter_tells_once_for_whom_and_ends_when_the_result_is_there(
    folder: Path, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    builder = start(BUILDER.replace("range(count)", f"[{int('0123456789ab', 16)}]"), tmp_path, 0, 0.5)
    (tmp_path / "go").touch()
    wait_for(lambda: leases.read_owner(folder) is not None)
    told: list[str] = []

    def finished() -> bool:
        return artefact.read_manifest(folder) is not None

    with leases.lease(folder, wait=True, finished=finished, tell=told.append, poll=0.01) as held:
        assert held is None
    assert len(told) == 1
    assert f"process {builder.pid} on " in told[0]
    assert builder.wait() == 0


def test_a_killed_holder_is_taken_over_though_nobody_has_waited_for_it(
    folder: Path, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    builder = start(BUILDER.replace("range(count)", f"[{int('0123456789ab', 16)}]"), tmp_path, 0, 600)
    (tmp_path / "go").touch()
    wait_for(lambda: leases.read_owner(folder) is not None)
    assert leases.living_owner(folder) is not None
    # Not waited for: a zombie has a pid and a start time, and is dead all the same.
    builder.send_signal(signal.SIGKILL)
    with leases.lease(folder, wait=True, finished=never, poll=0.01) as held:
        assert held is not None
        artefact.publish(folder, {"a.txt": content.text("x")}, {})
    assert artefact.check(folder) == []


@pytest.mark.parametrize("dead_taker", [False, True])
def test_five_waiters_on_dead_leases_build_each_result_once(
    tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]], dead_taker: bool
) -> None:
    count = 60
    for number in range(count):
        folder = tmp_path / "train" / "cell" / f"{number:012x}"
        dead_owner(folder)
        if dead_taker:
            (folder / "takeover-dead-1").write_text((folder / "lease").read_text())
    builders = [start(BUILDER, tmp_path, count, 0.003) for _ in range(5)]
    wait_for(lambda: len(list(tmp_path.glob("ready-*"))) == 5)
    (tmp_path / "go").touch()
    assert [builder.wait() for builder in builders] == [0] * 5
    assert [len(list(tmp_path.glob(f"built-{number}-*"))) for number in range(count)] == [1] * count
    for folder in (tmp_path / "train" / "cell").iterdir():
        assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "done", "manifest.json"]
