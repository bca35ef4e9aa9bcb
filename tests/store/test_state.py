from __future__ import annotations

import errno
import itertools
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hembench.core.errors import StoppedError, StoreError
from hembench.plan.jobs import Job
from hembench.store import artefact, gc, state
from hembench.store.adopt import adopt
from hembench.store.environment import Meter
from hembench.store.lease import lease
from hembench.store.state import Saved, State, from_bytes, to_bytes
from hembench.store.verify import verify

Make = Callable[..., Job]
Publish = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("without_flushing")

KEY = "0123456789ab"


@pytest.fixture
def folder(results: Path) -> Path:
    return results / "train" / "mlp-hem-s0" / KEY


def made(folder: Path, **options: Any) -> State:
    """Return the state as a new process sees it."""
    return State(folder, "train mlp-hem-s0", Meter(), **{"seconds": 0.0, **options})


def save(folder: Path, *contents: bytes) -> None:
    kept = made(folder)
    kept.load()
    for number, content in enumerate(contents):
        kept.save(content, f"step {number}")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def foreign(path: Path) -> None:
    path.write_bytes(to_bytes("ba9876543210", from_bytes(KEY, path.read_bytes())))


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


DAMAGES = [flip, cut, foreign, longer, lambda path: path.write_bytes(b""), Path.unlink]


def test_without_a_state_it_begins_at_the_beginning(folder: Path) -> None:
    assert made(folder).load() is None
    assert not folder.exists()


@pytest.mark.parametrize("saves", [1, 2, 3, 4])
def test_the_last_state_is_found_and_two_generations_are_kept(folder: Path, saves: int) -> None:
    save(folder, *[b"state %d" % number for number in range(saves)])
    assert made(folder).load() == b"state %d" % (saves - 1)
    assert sorted(path.name for path in (folder / "state").iterdir()) == ["0", "1"][-min(saves, 2) :]


def test_content_comes_back_byte_for_byte(folder: Path) -> None:
    content = bytes(range(256)) * 300
    save(folder, content)
    assert made(folder).load() == content
    save(folder, b"")
    assert made(folder).load() == b""


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("saves", [2, 3])
def test_a_torn_or_foreign_state_is_refused_and_the_one_before_is_used(
    folder: Path, saves: int, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    save(folder, *[b"state %d" % number for number in range(saves)])
    last = folder / "state" / str(saves % 2)
    damage(last)
    kept = made(folder)
    assert kept.load() == b"state %d" % (saves - 2)
    assert (f"{last} is not used" in caplog.text) == last.exists()
    kept.save(b"again", "again")
    assert made(folder).load() == b"again", "the damaged one is overwritten, not the good one"
    flip(last)
    assert made(folder).load() == b"state %d" % (saves - 2)


def test_where_both_are_damaged_it_begins_at_the_beginning(folder: Path) -> None:
    save(folder, b"one", b"two")
    for path in (folder / "state").iterdir():
        flip(path)
    assert made(folder).load() is None
    save(folder, b"three")
    assert made(folder).load() == b"three"


def test_every_single_cut_and_flip_is_noticed() -> None:
    content = to_bytes(KEY, Saved(3, "epoch 1", [], b"xyz"))
    assert from_bytes(KEY, content) == Saved(3, "epoch 1", [], b"xyz")
    for place in range(len(content)):
        for wrong in (content[:place], content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]):
            with pytest.raises(StoreError):
                from_bytes(KEY, wrong)


def test_it_is_due_when_the_time_is_over_and_after_a_save_not_before_as_much_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(state, "time", SimpleNamespace(monotonic=lambda: now[0]))
    kept = made(folder, seconds=10.0)
    found = []
    for second in range(100, 126):
        now[0] = float(second)
        if kept.due():
            found.append(second)
            kept.save(b"x", "here")
    assert found == [110, 120]


def test_a_signal_makes_it_due_and_the_save_says_where_it_stopped(folder: Path) -> None:
    number = [0]
    kept = made(folder, seconds=1e9, stopped=lambda: number[0])
    assert not kept.due()
    number[0] = signal.SIGTERM
    assert kept.due()
    with pytest.raises(StoppedError) as caught:
        kept.save(b"x", "epoch 3, step 120")
    for words in ("train mlp-hem-s0", "stopped by SIGTERM at epoch 3, step 120", "saved", "same command goes on"):
        assert words in str(caught.value)
    assert caught.value.number == signal.SIGTERM
    assert made(folder).load() == b"x"


def test_of_several_ranks_the_first_writes_and_all_stop(folder: Path) -> None:
    save(folder, b"of the first")
    (folder / "state" / ".1.0123.tmp").touch()
    number = [0]
    other = made(folder, writes=False, stopped=lambda: number[0])
    assert other.load() == b"of the first"
    assert not other.due()
    number[0] = signal.SIGUSR1
    assert other.due()
    with pytest.raises(StoppedError, match="first rank"):
        other.save(b"of another", "here")
    assert made(folder, writes=False).load() == b"of the first"
    assert (folder / "state" / ".1.0123.tmp").exists(), "the first rank may be writing it"


def test_what_a_kill_left_is_removed(folder: Path) -> None:
    save(folder, b"x")
    (folder / "state" / ".0.0123.tmp").write_bytes(b"half")
    assert made(folder).load() == b"x"
    assert [path.name for path in (folder / "state").iterdir()] == ["1"]


@pytest.mark.parametrize("stop", [0, signal.SIGTERM])
def test_a_full_disk_does_not_end_the_work_and_is_told(
    folder: Path, stop: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    save(folder, b"one", b"two")
    kept = made(folder, stopped=lambda: stop)
    kept.load()

    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(state, "write_bytes", full)
        if stop:
            with pytest.raises(StoppedError, match=r"could not be saved .*No space left"):
                kept.save(b"three", "here")
        else:
            kept.save(b"three", "here")
    assert "could not be saved" in caplog.text
    assert made(folder).load() == b"two"


def test_times_are_kept_over_all_attempts(folder: Path) -> None:
    for spent in (5.0, 7.0):
        meter = Meter()
        meter._wall = time.monotonic() - spent
        kept = State(folder, "train mlp-hem-s0", meter)
        kept.load()
        kept.save(b"x", "here")
        kept.save(b"x", "there")
    last = made(folder)
    last.load()
    run = last.account({"wall_seconds": 2.0, "cpu_seconds": 1.0, "host": "h"})
    assert json.loads(json.dumps(run)) == run
    assert run["resumed"] == 2
    assert run["wall_seconds"] == pytest.approx(14, abs=1)
    assert [attempt["wall_seconds"] for attempt in run["attempts"]] == pytest.approx([5, 7], abs=0.5)
    assert all(attempt["host"] and attempt["device_name"] and attempt["torch"] for attempt in run["attempts"])
    assert run["cpu_seconds"] == pytest.approx(1 + sum(attempt["cpu_seconds"] for attempt in run["attempts"]))
    assert run["host"] == "h"


def test_a_result_made_in_one_go_has_no_attempts(folder: Path) -> None:
    kept = made(folder)
    kept.load()
    kept.save(b"x", "here")
    assert kept.account({"wall_seconds": 2.0, "cpu_seconds": 1.0}) == {
        "wall_seconds": 2.0,
        "cpu_seconds": 1.0,
        "resumed": 0,
    }


# -- the rest of the store knows the folder


def test_a_published_result_has_no_state_and_its_content_is_unaffected(
    results: Path, job: Make, publish: Publish
) -> None:
    plain, resumed = job(code="1"), job(code="2")
    publish(plain)
    save(results / resumed.path, b"x", b"y")
    publish(resumed)
    names = [sorted(path.name for path in (results / each.path).iterdir()) for each in (plain, resumed)]
    assert names[0] == names[1] == ["a.txt", "done", "manifest.json"]


def test_no_result_may_have_a_file_of_that_name(folder: Path) -> None:
    with pytest.raises(StoreError, match="'state'"):
        artefact.publish(folder, {"state": lambda path: None}, {})


def test_a_state_left_beside_a_result_goes_with_the_next_marker(
    results: Path, job: Make, publish: Publish
) -> None:
    wanted = job()
    folder = publish(wanted)
    save(folder, b"of a job that was suspended")
    assert [(finding.damaged, finding.leftover) for finding in verify(results, [wanted])] == [(False, True)]
    artefact.mark(folder)
    assert not (folder / "state").exists()


def test_adopting_a_result_ends_its_state(results: Path, job: Make, publish: Publish) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old)
    save(results / new.path, b"half")
    adopt(source, results / new.path, new, "the same", {})
    assert not (results / new.path / "state").exists()


def test_gc_keeps_the_state_of_what_is_wanted_and_unfinished(results: Path, job: Make) -> None:
    wanted, other = job(code="1"), job(code="2")
    for each in (wanted, other):
        save(results / each.path, b"half")
    (row,) = gc.unneeded(results, [wanted.path], keep_days=30)
    assert row.path == other.path
    assert row.size == (results / other.path / "state" / "1").stat().st_size
    gc.free(results, row.path)
    assert not (results / other.path).exists()
    assert made(results / wanted.path).load() == b"half"


def test_gc_frees_the_state_of_what_is_finished_and_not_of_what_is_being_made(
    results: Path, job: Make, publish: Publish
) -> None:
    wanted = job()
    folder = publish(wanted)
    save(folder, b"useless")
    with lease(folder, wait=False, finished=lambda: False):
        assert gc.unneeded(results, [wanted.path], keep_days=30) == []
    (row,) = gc.unneeded(results, [wanted.path], keep_days=30)
    assert row.path == f"{wanted.path}/state"
    gc.free(results, row.path)
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "done", "manifest.json"]
    assert gc.unneeded(results, [wanted.path], keep_days=30) == []


def test_only_a_state_is_freed_below_an_artefact(results: Path, job: Make, publish: Publish) -> None:
    folder = publish(job())
    for name in ("other", "state/deeper"):
        (folder / name).mkdir(parents=True)
        with pytest.raises(StoreError, match="not an artefact"):
            gc.free(results, f"{job().path}/{name}")


def test_a_damaged_result_that_is_set_aside_takes_its_state_along(
    results: Path, job: Make, publish: Publish
) -> None:
    folder = publish(job())
    save(folder, b"old")
    artefact.set_aside(folder, "damaged")
    assert made(folder).load() is None


@pytest.mark.parametrize("kind", ["EIO", "ENOSPC", "kill"])
def test_after_a_failure_at_any_file_operation_the_old_or_the_new_state_is_there(
    folder: Path, attempt: Callable[..., str], kind: str
) -> None:
    """The operations of one save, in a process of its own, fail one after the other."""

    def act() -> None:
        kept = made(folder)
        kept.load()
        kept.save(b"after", "here")

    for number in itertools.count(1):
        before = b"before %d" % number
        save(folder, b"long before", before)
        outcome = attempt(act, number, kind, folder)
        assert outcome in ("untouched", "survived", "killed")
        last = made(folder).load()
        assert last in (before, b"after")
        assert not list((folder / "state").glob(".*"))
        if outcome == "untouched":
            break
    assert last == b"after"
    assert number > 5, "reading two generations, writing, flushing and renaming one, flushing the folder"


def written(content: bytes, calls: list[bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        calls.append(content)
        path.write_bytes(content)

    return write


def test_a_part_that_was_written_whole_is_written_once(folder: Path, tmp_path: Path) -> None:
    calls: list[bytes] = []
    for attempt in range(2):
        made(folder).part("one.npy", written(b"one", calls))(tmp_path / f"{attempt}")
        assert (tmp_path / f"{attempt}").read_bytes() == b"one"
    assert calls == [b"one"]
    assert (tmp_path / "0").stat().st_ino == (tmp_path / "1").stat().st_ino, "it is linked, not copied"


def test_a_part_goes_with_the_state_when_the_result_is_published(folder: Path) -> None:
    part = made(folder).part("one.npy", written(b"one", []))
    artefact.publish(folder, {"one.npy": part}, {})
    assert sorted(path.name for path in folder.iterdir()) == ["done", "manifest.json", "one.npy"]
    assert artefact.check(folder) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda parts: flip(parts / "one.npy"),
        lambda parts: cut(parts / "one.npy"),
        lambda parts: (parts / "one.npy").unlink(),
        lambda parts: (parts / "one.npy.sha256").unlink(),
        lambda parts: (parts / "one.npy.sha256").write_text(
            (parts / "one.npy.sha256").read_text().replace(KEY, "ba9876543210")
        ),
    ],
)
def test_a_damaged_unsealed_or_foreign_part_is_written_anew(
    folder: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    made(folder).part("one.npy", written(b"one", []))
    damage(folder / "state" / "parts")
    calls: list[bytes] = []
    made(folder).part("one.npy", written(b"two", calls))(tmp_path / "x")
    assert (calls, (tmp_path / "x").read_bytes()) == ([b"two"], b"two")


def test_a_part_whose_writing_failed_is_none(folder: Path, tmp_path: Path) -> None:
    def full(path: Path) -> None:
        path.write_bytes(b"o")
        raise OSError(errno.ENOSPC, "no space left")

    with pytest.raises(OSError, match="no space"):
        made(folder).part("one.npy", full)
    made(folder).part("one.npy", written(b"one", []))(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"one"
