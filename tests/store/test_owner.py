from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hembench.store.owner import Owner, cluster_here, slurm_here


def test_this_process_is_there_and_has_a_token_of_its_own() -> None:
    one, other = Owner.this_process(), Owner.this_process()
    assert not one.is_gone()
    assert one.token != other.token


def test_a_pid_used_again_is_gone_and_nothing_is_known_of_another_machine() -> None:
    mine = Owner.this_process()
    assert replace(mine, started="1").is_gone()
    assert not replace(mine, started="1", where="another machine").is_gone()


def test_an_ended_process_is_gone_even_while_nobody_has_waited_for_it() -> None:
    script = (
        "import json; from dataclasses import asdict; from hembench.store.owner import Owner; "
        "print(json.dumps(asdict(Owner.this_process())), flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        child = Owner(**json.loads(process.stdout.readline()))
        assert not child.is_gone()
        process.kill()
        deadline = time.monotonic() + 60
        while not child.is_gone():
            assert time.monotonic() < deadline
            time.sleep(0.005)
    assert child.is_gone()


def test_words_name_the_scheduler_job_or_the_process() -> None:
    assert str(Owner("t", host="h", pid=3, job="7")) == "job 7 on h"
    assert str(Owner("t", host="h", pid=3)) == "process 3 on h"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    yield
    slurm_here.cache_clear()


OLD = Owner("old", host="n1", where="n1 boot", pid=3, started="1", job="7", cluster="c")
NEW = Owner("new", host="n2", where="n2 boot", pid=4, started="2", job="8", cluster="c")


@pytest.mark.parametrize(
    ("program", "ended"),
    [
        ("echo OUT_OF_MEMORY", True),
        ("echo NODE_FAIL", True),
        ("echo RUNNING", False),
        ("echo COMPLETING", False),
        ("echo PENDING", False),
        ("true", False),
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", True),
        ("echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1", False),
    ],
)
def test_the_scheduler_is_asked_whether_another_job_has_ended(
    program: str, ended: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeue = tmp_path / "squeue"
    squeue.write_text(f"#!/bin/sh\n{program}\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert OLD.has_ended_for(NEW) is ended
    assert not OLD.has_ended_for(replace(NEW, cluster="other")), "another cluster's numbers mean other jobs"
    assert not OLD.has_ended_for(replace(NEW, job="7"))
    assert not replace(OLD, job="").has_ended_for(NEW)


def test_without_a_scheduler_s_program_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not OLD.has_ended_for(NEW)
    slurm_here.cache_clear()
    assert cluster_here() == ""


def test_a_login_node_knows_its_cluster_by_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_CLUSTER_NAME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    scontrol = tmp_path / "scontrol"
    scontrol.write_text("#!/bin/sh\necho 'BOOT_TIME = 1'\necho 'ClusterName             = here'\n")
    scontrol.chmod(0o755)
    slurm_here.cache_clear()
    assert cluster_here() == "here"
    scontrol.write_text("#!/bin/sh\necho 'slurm_load_ctl_conf error: Unable to contact' >&2\nexit 1\n")
    slurm_here.cache_clear()
    assert cluster_here() == ""
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "told")
    assert cluster_here() == "told"
