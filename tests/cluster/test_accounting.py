"""The profile on a cluster with accounting, asking squeue, as it is shipped, and asking sacct.

The cluster of the other tests is given a database for the time of this file, and loses it afterwards.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hembench.core.digest import file_sha256

pytestmark = pytest.mark.cluster

PROGRAMS = ("slurmdbd", "mariadbd", "mariadb", "mariadb-install-db", "sacct", "sacctmgr")
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
HEM = "digits-mlp_tiny-one_epoch-hem-s0"

RETURNED = "        return ratio(*selective_sums("
HELD = """\
        import time
        from pathlib import Path

        while not Path({gate!r}).exists():
            time.sleep(0.1)
"""
"""Makes a training's first step last until the test makes a file."""

DATABASE = """\
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""
ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge.sock
AccountingStorageTRES=gres/gpu
"""
SQL = (
    "create user slurm@'%' identified by 'slurm'; grant all on slurm.* to slurm@'%';"
    "create user slurm@localhost identified by 'slurm'; grant all on slurm.* to slurm@localhost;"
)


@pytest.fixture(scope="module")
def accounted(cluster: Any, free_ports: Any, wait: Any) -> Iterator[Any]:
    """Return the cluster, with accounting; skipped where its programs are not installed (see ``cluster``)."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if missing:
        pytest.skip(f"no accounting can be set up: {', '.join(missing)} (.ci/run says what to install)")
    folder, user, without = cluster.folder, getpass.getuser(), cluster.conf.read_text()
    port, sql_port = free_ports(2)
    names = {"host": socket.gethostname().split(".")[0], "user": user, "folder": folder}
    database = folder / "slurmdbd.conf"
    database.write_text(DATABASE.format(port=port, sql_port=sql_port, **names))
    database.chmod(0o600)
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        daemons.append(_mariadb(folder, sql_port, user))
        client = ("mariadb", "--no-defaults", f"--socket={folder}/sql.sock", "-uroot", "-e")
        wait(lambda: _works(cluster, *client, "select 1"), "the database answers", 120)
        cluster(*client, SQL)
        daemons.append(_daemon(cluster, "slurmdbd", "slurmdbd", "-D"))
        lines = ACCOUNTING.format(port=port, folder=folder)
        cluster.conf.write_text(without.replace("AccountingStorageType=accounting_storage/none\n", lines))
        wait(lambda: _works(cluster, "sacctmgr", "-n", "list", "cluster"), "slurmdbd answers", 120)
        for entry in (("cluster", "hembench"), ("account", "science"), ("user", user, "account=science")):
            cluster("sacctmgr", "-i", "add", *entry)
        _again(cluster, wait)
        yield cluster
    finally:
        cluster.conf.write_text(without)
        _again(cluster, wait)
        for daemon in reversed(daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=30)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _mariadb(folder: Path, port: int, user: str) -> subprocess.Popen[bytes]:
    data = folder / "sql"
    common = ("--no-defaults", f"--datadir={data}", f"--user={user}")
    install = ("mariadb-install-db", *common, "--skip-test-db", "--auth-root-authentication-method=normal")
    subprocess.run(install, env={**os.environ, "PATH": PATH}, check=True, capture_output=True, timeout=300)
    return subprocess.Popen(
        [
            *("mariadbd", *common, f"--socket={folder}/sql.sock", f"--port={port}", "--bind-address=127.0.0.1"),
            *(f"--pid-file={folder}/sql.pid", f"--log-error={folder}/sql.log", "--skip-log-bin"),
            *("--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0"),
        ],
        env={**os.environ, "PATH": PATH},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _daemon(cluster: Any, name: str, *command: str) -> subprocess.Popen[bytes]:
    with (cluster.folder / f"{name}.out").open("ab") as log:
        env = {**os.environ, **cluster.env}
        return subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)


def _works(cluster: Any, *command: str) -> bool:
    env = {**os.environ, **cluster.env}
    return not subprocess.run(command, env=env, capture_output=True, check=False, timeout=60).returncode


def _again(cluster: Any, wait: Any) -> None:
    """Start SLURM's controller again, as its settings have changed."""
    cluster.kill("slurmctld", signal.SIGTERM)
    cluster.start("slurmctld")
    wait(cluster.up, "the cluster answers again")


def test_without_accounting_a_run_that_would_never_end_is_refused(cluster: Any, copy: Any, submit: Any) -> None:
    copy.edit("config/tiny.yaml", "learning_rate: 0.1", "learning_rate: 0.2")
    before = cluster.jobs()
    said = submit(copy, "train", "--slurm-status-command", "sacct").finish(status=1)
    assert "this cluster keeps no accounts" in said
    assert cluster.jobs() == before


def test_with_accounting_the_profile_works_as_it_is_and_with_sacct(
    accounted: Any, copy: Any, local: Any, submit: Any, wait: Any
) -> None:
    gate = copy.root / "gate"
    copy.edit("src/hembench/losses/hem.py", RETURNED, HELD.format(gate=str(gate)) + RETURNED)
    (hem,) = [path for path in copy.plan() if path.startswith(f"train/{HEM}")]
    run = submit(copy, "train", account="science")
    wait((copy.results / hem / "lease").exists, "the training has begun")
    (first,) = accounted("squeue", "-h", "-o", "%i").split()
    accounted("scancel", first)
    gate.touch()
    run.finish()
    cancelled, made = rows(accounted)
    assert cancelled.startswith(f"{first}|science|CANCELLED by "), "what the executor does not know of sacct"
    assert made.endswith("|science|COMPLETED"), "it was repeated"
    alone = files(next(local.results.glob(f"train/{HEM}/*")))
    assert files(copy.results / hem) == alone

    (copy.results / hem).rename(copy.root / "elsewhere")
    submit(copy, "train", "--slurm-status-command", "sacct", account="science").finish()
    assert rows(accounted)[2].endswith("|science|COMPLETED")
    assert files(copy.results / hem) == alone


def files(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file of a result; the manifest tells of time and place."""
    found = {path.name: file_sha256(path) for path in folder.iterdir() if path.name != "manifest.json"}
    assert "weights.safetensors" in found
    return found


def rows(cluster: Any) -> list[str]:
    """Return what sacct knows of each job."""
    found: str = cluster("sacct", "-X", "-n", "-P", "-o", "jobid,account,state")
    return found.splitlines()
