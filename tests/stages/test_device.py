from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hembench.core.errors import ConfigError
from hembench.stages import _device
from hembench.stages._device import may_use_gpu, reserve, slots_per_gpu, take, take_several

HOLDER = """\
import sys, time
from pathlib import Path
from hembench.stages._device import take
gpu, descriptor = take(sys.argv[2].split(","), int(sys.argv[3]), Path(sys.argv[1]))
print(gpu, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> object:
    """Forget what this process has found out, before and after."""
    for name in (*_device.SCHEDULED, "SLURM_JOB_ID", _device.SLOTS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "x")  # so that it is put back afterwards
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    _device.device.cache_clear()
    _device.uuids.cache_clear()
    yield
    while _device._taken:
        os.close(_device._taken.pop())
    _device.device.cache_clear()
    _device.uuids.cache_clear()


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Return a function that makes nvidia-smi say what it is told."""

    def say(text: str, status: int = 0) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "nvidia-smi"
        program.write_text(f"#!/bin/sh\nprintf '{text}'\nexit {status}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return say


def test_slots_are_given_evenly_and_each_once(tmp_path: Path) -> None:
    found = [take(["GPU-a", "GPU-b"], 2, tmp_path) for _ in range(4)]
    assert [gpu for gpu, _ in found] == ["GPU-a", "GPU-b", "GPU-a", "GPU-b"]
    for _, descriptor in found:
        os.close(descriptor)


@pytest.mark.parametrize("other", [0o022, 0o077])
def test_slots_are_shared_by_users_whatever_their_umask(tmp_path: Path, other: int) -> None:
    before = os.umask(other)
    try:
        _, descriptor = take(["GPU-a"], 1, tmp_path / "slots")
        os.close(take_several(["GPU-b"], 1, 1, tmp_path / "slots")["GPU-b"])
    finally:
        os.umask(before)
    os.close(descriptor)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "slots").iterdir()}
    assert modes == {"GPU-a-0": 0o666, "GPU-b-0": 0o666, "several": 0o666}
    assert stat.S_IMODE((tmp_path / "slots").stat().st_mode) == 0o777


NOBODY = 65534


@pytest.mark.parametrize("odd", ["lock", "folder"])
def test_slots_that_somebody_else_keeps_for_themselves_are_a_message(odd: str) -> None:
    """What an older version left under umask 077; asked as a user whom modes stop."""
    with tempfile.TemporaryDirectory() as place:
        slots = Path(place, "slots")
        slots.mkdir()
        (slots / "GPU-a-0").touch()
        (slots / "GPU-a-0").chmod(0o000 if odd == "lock" else 0o666)
        slots.chmod(0o777 if odd == "lock" else 0o000)
        Path(place).chmod(0o755)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if os.geteuid() == 0:
                    os.seteuid(NOBODY)
                    message = r"GPU-a-0 can't be made or opened \(Permission denied\).* TMPDIR"
                else:  # the folder is ours, and is opened again
                    message = "GPU-a-0 can't be made" if odd == "lock" else ""
                if message:
                    with pytest.raises(ConfigError, match=message):
                        take(["GPU-a"], 1, slots)
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_who_finds_no_slot_waits_says_so_once_and_gets_the_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    held = [take(["GPU-a", "GPU-b"], 1, tmp_path) for _ in range(2)]
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            os.close(held[1][1])

    gpu, descriptor = take(["GPU-a", "GPU-b"], 1, tmp_path, sleep=sleep)
    assert (gpu, len(looks)) == ("GPU-b", 3)
    assert [one.message for one in caplog.records].count("waiting for a GPU: all slots of 2 x 1 are taken") == 1
    os.close(descriptor)
    os.close(held[0][1])


def test_processes_share_gpus_and_a_killed_one_s_slot_is_free(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path), "GPU-a,GPU-b", "2"]
    holders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        where = [holder.stdout.readline().strip() for holder in holders if holder.stdout]
        assert Counter(where) == {"GPU-a": 2, "GPU-b": 2}
        with pytest.raises(InterruptedError):
            take(["GPU-a", "GPU-b"], 2, tmp_path, sleep=_give_up)
        holders[2].send_signal(signal.SIGKILL)
        holders[2].wait()
        gpu, descriptor = take(["GPU-a", "GPU-b"], 2, tmp_path, sleep=_give_up)
        assert gpu == where[2]
        os.close(descriptor)
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()
            if holder.stdout:
                holder.stdout.close()


def _give_up(seconds: float) -> None:
    raise InterruptedError


def test_a_process_takes_one_slot_and_sees_that_gpu_alone(
    tmp_path: Path, smi: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi("GPU-aaaa\\nGPU-bbbb\\n")  # type: ignore[operator]
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(_device.tempfile, "tempdir", None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "x")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    held = take(_device.uuids(), 1, _device.slots_folder())
    _device.device()
    _device.device()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-bbbb"
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert len(_device._taken) == 1
    os.close(held[1])


def test_work_that_needs_no_gpu_takes_no_slot(
    tmp_path: Path, smi: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import torch

    caplog.set_level(logging.INFO)
    smi("GPU-aaaa\\n")  # type: ignore[operator]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(_device.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "x")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    held = take(_device.uuids(), 1, _device.slots_folder())
    assert _device.device(share=0) == "cpu", "the only slot is taken, and it does not wait for it"
    assert not _device._taken
    assert [one.message for one in caplog.records][1:] == ["this needs no GPU: it uses the CPU"]
    os.close(held[1])
    _device.device.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert _device.device(share=0) == "cuda", "somebody wants it there"


def test_jobs_of_which_one_fits_on_a_gpu_never_meet_there(
    tmp_path: Path, smi: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi("GPU-aaaa\\nGPU-bbbb\\n")  # type: ignore[operator]
    monkeypatch.setattr(_device.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HEMBENCH_SLOTS_PER_GPU", "3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "x")
    took = []
    for share in (1, 1, 4, 2):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        _device.device.cache_clear()
        _device.device(share)
        took.append(os.environ["CUDA_VISIBLE_DEVICES"])
    assert took == ["GPU-aaaa", "GPU-bbbb", "GPU-aaaa", "GPU-bbbb"]
    monkeypatch.setattr(_device.time, "sleep", _give_up)
    for share in (1, 2):
        with pytest.raises(InterruptedError):
            take(_device.uuids(), _device._fitting(share), _device.slots_folder(), sleep=_give_up)
    assert take(_device.uuids(), _device._fitting(4), _device.slots_folder(), sleep=_give_up)[0] == "GPU-aaaa"
    for processes, share in ((2, 1), (2, 2)):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        with pytest.raises(InterruptedError):
            take_several(
                _device.uuids(), processes, _device._fitting(share), tmp_path / "hembench-gpus", sleep=_give_up
            )


def test_where_nvidia_smi_finds_no_gpu_a_run_by_slots_uses_the_cpu(
    smi: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import torch

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    smi("")  # type: ignore[operator]
    assert _device.device() == "cuda", "one job by hand"
    _device.device.cache_clear()
    monkeypatch.setenv("HEMBENCH_SLOTS_PER_GPU", "2")
    assert _device.device() == "cpu", "many jobs: they would all be on the first one"
    assert "nvidia-smi finds no GPU" in caplog.text
    _device.device.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert _device.device() == "cuda", "somebody has named it"


def test_visible_devices_that_are_set_are_left_alone(
    tmp_path: Path, smi: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi("GPU-aaaa\\n")  # type: ignore[operator]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert _device.device() == "cpu", "an empty list is a wish for the CPU"
    assert not _device._taken
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [("", 0, ""), ("No devices were found", 6, "devices were"), ("GPU-aaaa", 9, "status 9")],
)
def test_without_a_gpu_the_cpu_is_used_and_that_is_said_once(
    smi: object,
    text: str,
    status: int,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    import torch

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    smi(text, status)  # type: ignore[operator]
    assert _device.device() == _device.device() == "cpu"
    *failed, last = [one.message for one in caplog.records]
    assert last == "no GPU: the CPU is used"
    assert len(failed) == bool(status), "a failure of nvidia-smi is told once"
    assert why in "".join(failed)
    assert not _device._taken


@pytest.mark.parametrize(("given", "expected"), [("", False), (" -1", False), ("0,1", True), ("GPU-a", True)])
def test_gpus_may_be_hidden_or_named(monkeypatch: pytest.MonkeyPatch, given: str, expected: bool) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert _device.has_gpus() is expected


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [(None, 0, False), ("no driver", 9, False), ("", 0, False), ("GPU-a\\n", 0, True)],
)
def test_without_an_nvidia_smi_that_finds_one_there_are_no_gpus(
    monkeypatch: pytest.MonkeyPatch, smi: Any, tmp_path: Path, said: str | None, status: int, expected: bool
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if said is None:
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        smi(said, status)
    assert _device.has_gpus() is expected


def test_a_job_of_a_cluster_uses_a_gpu_only_where_it_got_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert may_use_gpu({})
    assert not may_use_gpu({"SLURM_JOB_ID": "7", "SLURM_CPUS_ON_NODE": "4"})
    assert may_use_gpu({"SLURM_JOB_ID": "7", "CUDA_VISIBLE_DEVICES": "0"})
    assert may_use_gpu({"SLURM_JOB_ID": "7", "SLURM_SHARDS_ON_NODE": "1"})
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert _device.device() == "cpu"
    assert [one.message for one in caplog.records] == ["this job of the cluster asked for no GPU: it uses the CPU"]


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_number_of_slots_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match=f"HEMBENCH_SLOTS_PER_GPU is '{given}'"):
        slots_per_gpu({"HEMBENCH_SLOTS_PER_GPU": given})
    assert slots_per_gpu({}) == slots_per_gpu({"HEMBENCH_SLOTS_PER_GPU": ""}) == 1


@pytest.fixture
def visible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No GPU is named, and slots are this test's."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(_device.tempfile, "tempdir", None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "x")  # so that it is put back afterwards
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")


def test_processes_of_a_cell_get_slots_of_different_gpus(visible: None, smi: object) -> None:
    smi("GPU-aaaa\\nGPU-bbbb\\nGPU-cccc\\n")  # type: ignore[operator]
    held = take(_device.uuids(), 1, _device.slots_folder())
    reserve(2)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-bbbb,GPU-cccc"
    assert len(_device._taken) == 2
    os.close(held[1])


def test_of_two_that_want_several_gpus_one_collects_and_the_other_waits(tmp_path: Path) -> None:
    gpus = ["GPU-a", "GPU-b", "GPU-c"]
    first = take_several(gpus, 2, 1, tmp_path)
    assert list(first) == ["GPU-a", "GPU-b"]
    looks = 0

    def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:  # this one has the third GPU and waits for a second: nobody else may collect
            with pytest.raises(InterruptedError):
                take_several(gpus, 1, 2, tmp_path, sleep=_give_up)
            os.close(first["GPU-b"])

    second = take_several(gpus, 2, 1, tmp_path, sleep=sleep)
    assert (sorted(second), looks) == (["GPU-b", "GPU-c"], 1)
    third = take_several(gpus, 1, 2, tmp_path, sleep=_give_up)  # the turn was given back
    assert list(third) == ["GPU-a"]
    for descriptor in (first["GPU-a"], *second.values(), *third.values()):
        os.close(descriptor)


def test_fewer_gpus_than_processes_are_refused(
    visible: None, smi: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi("GPU-aaaa\\n")  # type: ignore[operator]
    with pytest.raises(ConfigError, match=r"4 processes train this cell .* and 1 can be used here"):
        reserve(4)
    assert not _device._taken
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    with pytest.raises(ConfigError, match="and 3 can be used here"):
        reserve(4)
    reserve(3)
    assert not _device._taken, "whoever names GPUs takes no slots"


@pytest.mark.parametrize("given", ["", "-1"])
def test_processes_without_a_gpu_use_the_cpu(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    reserve(4)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == given


def test_each_of_several_processes_has_the_gpu_of_its_number(
    visible: None, smi: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    chosen: list[int] = []
    smi("GPU-aaaa\\nGPU-bbbb\\n")  # type: ignore[operator]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    for name, value in (("WORLD_SIZE", "2"), ("LOCAL_WORLD_SIZE", "2"), ("RANK", "1"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    assert _device.device() == "cuda"
    assert chosen == [1]
    assert not _device._taken, "slots are the launcher's"
    _device.device.cache_clear()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match="and 1 can be used here"):
        _device.device()
