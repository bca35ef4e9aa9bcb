"""Runs on a real cluster, and what happens to them there: at most 30 jobs in all.

But for the first, each test slows a loss down, so that its training and what follows are stale, and compares what
the cluster makes with a run without one. The edit changes no number: results must have the same bytes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hembench.core.digest import file_sha256

pytestmark = pytest.mark.cluster

CE, HEM = "digits-mlp_tiny-one_epoch-ce-s0", "digits-mlp_tiny-one_epoch-hem-s0"
RETURNS = {"ce": "        return mean_cross_entropy(", "hem": "        return ratio(*selective_sums("}

SLOW = """\
        import time
        from pathlib import Path

        if not Path({gate!r}).exists():
            time.sleep(2.0)
"""
"""Makes a training's steps last until the test makes a file."""


def slow(copy: Any, *losses: str) -> Path:
    """Make the trainings of these losses slow until the file that is returned exists; they have 45 steps each."""
    gate = copy.root / "gate"
    for loss in losses:
        line = RETURNS[loss]
        copy.edit(f"src/hembench/losses/{loss}.py", line, SLOW.format(gate=str(gate)) + line)
    return gate


def resources(copy: Any, old: str, new: str) -> None:
    copy.edit("src/hembench/plan/resources.py", old, new)


def path_of(copy: Any, stage: str, cell: str) -> str:
    (path,) = [path for path in copy.plan() if path.startswith(f"{stage}/{cell}")]
    return path


def owner_of(copy: Any, path: str) -> dict[str, Any]:
    """Return who is making a result."""
    owner: dict[str, Any] = json.loads((copy.results / path / "lease").read_bytes())
    return owner


def begun(copy: Any, path: str, not_by: str = "") -> bool:
    """Tell whether a training has made some steps, and is in the hands of another job than the named one."""
    try:
        return any((copy.results / path / "state").iterdir()) and owner_of(copy, path)["job"] != not_by
    except (OSError, ValueError):
        return False


def run_of(copy: Any, path: str) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((copy.results / path / "manifest.json").read_bytes())["run"]
    return run


def contents(copy: Any, *stages: str) -> dict[str, str]:
    """Return the sha256 of every file of the plan's results, by stage, cell and name; of these stages, or of all.

    Keys are left out: what makes trainings slow is an edit. So is the report's page: it tells of keys and devices.
    """
    found: dict[str, str] = {}
    for path, state in copy.plan().items():
        stage, cell, _ = path.split("/")
        if stages and stage not in stages:
            continue
        assert state == "done", path
        for name in json.loads((copy.results / path / "manifest.json").read_bytes())["files"]:
            if name != "index.html":
                found[f"{stage}/{cell}/{name}"] = file_sha256(copy.results / path / name)
    assert {name.split("/")[0] for name in found} >= {"train", *stages}
    return found


DEAD_AFTER = 40.0
"""Seconds without a heartbeat after which a lost node's job is dead: more than SLURM takes to start it again."""

TRAINED = ("prepare", "train")
"""Stages that the target `train` makes files of."""


def test_a_whole_run_makes_what_a_run_without_a_cluster_makes(
    cluster: Any, empty: Any, local: Any, submit: Any
) -> None:
    # as if digits were larger: a training gets a part of a GPU, a prediction a whole one
    resources(empty, '"train", "digits*", 5, 2000, 0', '"train", "digits*", 5, 500, 4')
    resources(empty, '"predict", "digits*", 5, 2000, 0', '"predict", "digits*", 5, 500, 1')
    submit(empty).finish()

    assert set(empty.plan().values()) == {"done"}
    assert empty.computed() == dict.fromkeys(empty.plan(), 1)
    assert contents(empty) == contents(local)
    jobs = {path: job for path in empty.plan() if (job := run_of(empty, path)["job"])}
    assert Counter(path.split("/")[0] for path in jobs) == {"prepare": 2, "train": 2, "predict": 2}
    wishes = {"prepare": "", "train": "gres:shard:1", "predict": "gres:gpu:a100:1"}
    for path, job in jobs.items():
        facts = cluster.facts(job)
        assert facts.get("TresPerNode", "") + facts.get("TresPerJob", "") == wishes[path.split("/")[0]], path
        assert facts["Requeue"] == "1", "the executor waits for ever for a preempted job that nobody repeats"
    for stage in ("train", "predict"):
        for log in (empty.results / "logs" / stage).glob("*.log"):
            assert "no GPU: the CPU is used" in log.read_text(), "it was given one, and torch finds none"

    scratch = {path.name for path in (empty.root / "scratch").iterdir()}
    assert scratch == set(jobs.values()), "each job's temporary files have a folder of its own"

    # the same command again: nothing is submitted
    before = cluster.jobs()
    assert "Nothing to be done" in submit(empty).finish()
    assert cluster.jobs() == before


def test_killed_for_its_time_and_cancelled_by_hand_both_go_on(
    cluster: Any, copy: Any, local: Any, submit: Any, wait: Any
) -> None:
    gate = slow(copy, "ce", "hem")
    resources(copy, '"train", "digits*", 5, 2000', '"train", "digits*", 1, 500')
    ce, hem = path_of(copy, "train", CE), path_of(copy, "train", HEM)
    run = submit(copy)
    wait(lambda: begun(copy, ce) and begun(copy, hem), "both trainings have made some steps")
    first = {path: owner_of(copy, path)["job"] for path in (ce, hem)}
    cluster("scancel", first[ce])
    wait(lambda: begun(copy, ce, first[ce]), "the cancelled one is submitted again")
    second = owner_of(copy, ce)["job"]
    assert cluster.facts(second)["TimeLimit"] == "00:02:00", "the second attempt gets more time"
    wait(lambda: cluster.facts(first[hem])["JobState"] == "TIMEOUT", "the other one meets its limit of a minute")
    gate.touch()
    run.finish()

    for path in (ce, hem):
        made = run_of(copy, path)
        assert [attempt["job"] for attempt in made["attempts"]] == [first[path]]
        assert made["job"] != first[path]
    assert contents(copy) == contents(local), "interrupted or not: the same bytes"


def test_a_preempted_job_goes_on(cluster: Any, copy: Any, local: Any, submit: Any, wait: Any) -> None:
    gate = slow(copy, "ce")
    ce = path_of(copy, "train", CE)
    run = submit(copy, "train", partition="spare")
    wait(lambda: begun(copy, ce), "the training has made some steps")
    job = owner_of(copy, ce)["job"]
    node = cluster.facts(job)["NodeList"]
    urgent = ("-p", "main", "-w", node, "-c", "16", "-t", "2", "-o", "/dev/null", "--wrap", "sleep 5")
    cluster("sbatch", *urgent)
    in_the_queue_again(cluster, wait, job)
    gate.touch()
    cluster("scontrol", "update", f"jobid={job}", "StartTime=now")  # not after the usual two minutes
    run.finish()
    made = run_of(copy, ce)
    assert [attempt["job"] for attempt in made["attempts"]] == [made["job"]] == [job], "under its id"
    assert contents(copy, *TRAINED) == contents(local, *TRAINED)


def in_the_queue_again(cluster: Any, wait: Any, job: str) -> None:
    wait(lambda: cluster.facts(job)["JobState"] == "PENDING", "SLURM puts it in the queue again")


def test_a_job_that_slurm_starts_again_under_its_id_goes_on(
    cluster: Any, copy: Any, local: Any, submit: Any, wait: Any
) -> None:
    gate = slow(copy, "ce")
    ce = path_of(copy, "train", CE)
    run = submit(copy, "train", "--retries", "0")
    wait(lambda: begun(copy, ce), "the training has made some steps")
    job = owner_of(copy, ce)["job"]
    cluster("scontrol", "requeue", job)
    in_the_queue_again(cluster, wait, job)
    gate.touch()
    cluster("scontrol", "update", f"jobid={job}", "StartTime=now")
    run.finish()
    made = run_of(copy, ce)
    assert [attempt["job"] for attempt in made["attempts"]] == [made["job"]] == [job]
    assert contents(copy, *TRAINED) == contents(local, *TRAINED)


def test_a_lost_node_s_job_goes_on_elsewhere(cluster: Any, copy: Any, local: Any, submit: Any, wait: Any) -> None:
    gate = slow(copy, "ce")
    # another machine can't ask whether the lost one's process lives: it waits for heartbeats, of minutes
    copy.edit("src/hembench/store/lease.py", "BEAT = 20.0", "BEAT = 1.0")
    copy.edit("src/hembench/store/lease.py", "DEAD_AFTER = 240.0", f"DEAD_AFTER = {DEAD_AFTER}")
    ce = path_of(copy, "train", CE)
    run = submit(copy, "train", "--retries", "0")
    wait(lambda: begun(copy, ce), "the training has made some steps")
    lost = owner_of(copy, ce)
    first, node = lost["job"], cluster.facts(lost["job"])["NodeList"]
    assert lost["host"] == (node if cluster.machine(node) else socket.gethostname())
    cluster.kill(node)
    try:
        for process in cluster.processes(first):
            os.kill(process, signal.SIGKILL)
        in_the_queue_again(cluster, wait, first)
        gate.touch()
        cluster("scontrol", "update", f"jobid={first}", "StartTime=now")
        run.finish()
    finally:
        cluster.start(node)
    made = run_of(copy, ce)
    assert [attempt["job"] for attempt in made["attempts"]] == [made["job"]] == [first], "under its id"
    assert cluster.facts(first)["NodeList"] != node
    if cluster.machine(node):
        assert made["host"] != lost["host"]
        said = "".join(log.read_text() for log in (copy.results / "logs" / "train").glob(f"{CE}*.log"))
        assert f"train {CE}: waiting, job {first} on {node} is making it" in said
    assert contents(copy, *TRAINED) == contents(local, *TRAINED)
    wait(cluster.up, "the node comes back")


def test_slurm_s_controller_may_be_restarted_while_a_run_and_its_jobs_live(
    cluster: Any, copy: Any, local: Any, submit: Any, wait: Any
) -> None:
    gate = slow(copy, "ce", "hem")
    expected = {path for path, state in copy.plan().items() if state == "missing"}
    before = copy.made()
    paths = [path_of(copy, "train", cell) for cell in (CE, HEM)]
    run = submit(copy, "--retries", "0")
    wait(lambda: all(begun(copy, path) for path in paths), "both trainings have made some steps")
    owners = [owner_of(copy, path) for path in paths]

    cluster.kill("slurmctld")
    gate.touch()  # they end while nobody can be told
    wait(lambda: all((copy.results / path / "done").exists() for path in paths), "both trainings end")
    assert run.process.poll() is None
    cluster.start("slurmctld")
    wait(cluster.up, "the cluster answers again")
    run.finish()

    assert [run_of(copy, path)["job"] for path in paths] == [owner["job"] for owner in owners]
    assert all(cluster.facts(owner["job"])["JobState"] == "COMPLETED" for owner in owners)
    assert copy.made() - before == dict.fromkeys(expected, 1), "nothing twice, nothing lost"
    assert contents(copy) == contents(local)


def test_a_controller_that_is_killed_and_started_again_loses_and_repeats_nothing(
    cluster: Any, copy: Any, local: Any, submit: Any, wait: Any
) -> None:
    gate = slow(copy, "ce")
    expected = {path for path, state in copy.plan().items() if state == "missing"}
    before = copy.made()
    ce = path_of(copy, "train", CE)
    first = submit(copy)
    wait(lambda: begun(copy, ce), "the training has made some steps")
    owner = owner_of(copy, ce)
    first.kill()

    # SLURM's own controller goes, too, and comes back: the job does not notice
    cluster.kill("slurmctld")
    cluster.start("slurmctld")
    wait(cluster.up, "the cluster answers again")
    assert cluster.facts(owner["job"])["JobState"] == "RUNNING"

    # the second run's job for it waits in SLURM's queue for the end of the first one's: nothing fails, nothing is
    # tried again, no GPU is held
    known = cluster.jobs()
    second = submit(copy, "--retries", "0")
    wait(lambda: set(cluster.jobs()) - set(known), "the second run has submitted its job")
    (waiting,) = set(cluster.jobs()) - set(known)
    wait(lambda: cluster.facts(waiting)["JobState"] == "PENDING", "it waits")
    assert cluster.facts(waiting)["Dependency"].startswith(f"afterany:{owner['job']}")
    assert owner_of(copy, ce) == owner, "the job that runs has kept its lease"

    gate.touch()
    second.finish()
    assert cluster.facts(owner["job"])["JobState"] == "COMPLETED"
    assert run_of(copy, ce)["job"] == owner["job"]
    assert copy.made() - before == dict.fromkeys(expected, 1), "nothing twice, nothing lost"
    assert contents(copy) == contents(local)


def test_no_more_than_thirty_jobs_were_needed(cluster: Any) -> None:
    needed = len(cluster.jobs())
    if not needed:
        pytest.skip("nothing to count: it counts the jobs of the tests before it")
    assert needed <= 30
