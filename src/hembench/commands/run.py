"""Make one result: what a job of the workflow calls; any job can be run by hand."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from hembench.core.errors import ConfigError
from hembench.core.plugins import PACKAGE
from hembench.plan.jobs import Job, Plan
from hembench.stages import _ranks
from hembench.store import artefact

PLAN = "HEMBENCH_PLAN"
"""Environment variable with the path of a run's frozen plan."""

CHAIN = "HEMBENCH_CHAIN"
"""Environment variable of a cluster's jobs: a training goes on to its predictions and attacks (site_chain)."""

SCRATCH = "HEMBENCH_SCRATCH"
"""Environment variable of a cluster's jobs: where their temporary files go (site_scratch)."""

HELP = """Make one result of a study, unless it exists. Its inputs must exist.

Jobs of the workflow call this with the frozen plan of their run; by hand, name the study."""
EXAMPLE = "hembench run train digits-mlp_small-hem-s0 --study demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("stage", help="kind of job: fetch, prepare, train, predict, attack, evaluate, table, ...")
    parser.add_argument("cell", help="name of the cell, set, condition or page (hembench plan STUDY lists them)")
    parser.add_argument("key", nargs="?", help="key of the result; default: the one that the plan wants")
    parser.add_argument("--study", help="name or path of a study; default: the frozen plan in HEMBENCH_PLAN")
    parser.add_argument("--no-chain", action="store_true", help="do not go on from a training to its predictions")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported: one thread is part of determinism
    if arguments.study is not None:
        _run_frozen(arguments)
    plan = _plan()
    stage = "report" if arguments.stage == "publish" else arguments.stage
    job = plan.find(stage, arguments.cell, arguments.key)
    _ranks.refuse_wrong_number(job)
    if arguments.stage == "publish":
        _publish(plan, job)
        return 0
    from hembench.stages.driver import Driver, under_scheduler

    if under_scheduler():
        _use_scratch(os.environ.get(SCRATCH, ""))
    together = _ranks.Together()
    results, data = Path(plan.settings["results"]), Path(plan.settings["data"])
    goes_on = not under_scheduler() or (bool(os.environ.get(CHAIN)) and job.processes == 1)  # else GPUs would idle
    chain = goes_on and not arguments.no_chain and together.count == 1
    if together.first and artefact.is_done(results / job.path):
        print(f"{stage} {job.cell} exists already: {results / job.path}")
    elif together.count < job.processes:
        from hembench.commands._launch import launch

        return launch(job, chain)
    driver = Driver(plan, results, data, wait=not under_scheduler(), chain=chain, together=together)
    if together.first:
        driver.make(job)
        together.dismiss()
    else:
        logging.getLogger().setLevel(logging.WARNING)  # the first one tells how it goes
        driver.assist(job)
    return 0


def _run_frozen(arguments: argparse.Namespace) -> NoReturn:
    """Become the job that the workflow would start: an edit from here on counts for the next one."""
    from hembench.commands._study import load
    from hembench.store.frozen import code_hashes, freeze
    from hembench.store.layout import made_writable

    before = code_hashes(PACKAGE)
    loaded = load(arguments.study)
    made_writable(loaded.results)
    frozen = freeze(loaded.plan, loaded.results, PACKAGE, before)
    words = [arguments.stage, arguments.cell, *([arguments.key] if arguments.key else [])]
    words += ["--no-chain"] if arguments.no_chain else []
    environ = {**os.environ, PLAN: str(frozen), "PYTHONPATH": str(frozen.parent / "src"), "PYTHONSAFEPATH": "1"}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "hembench", "run", *words], environ)


def _use_scratch(given: str) -> None:
    """Let temporary files of this process, and of those that it starts, go to the site's folder for them, if any.

    Args:
        given: the folder, with variables of this job; made if need be, and never removed.

    Raises:
        ConfigError: a variable is not set here, or the folder can't be made or written to.
    """
    if not given:
        return
    folder = os.path.expandvars(given)
    said = f"default-resources: site_scratch is {given!r}, on {socket.gethostname()}"
    if "$" in folder:
        raise ConfigError(f"{said} {folder!r}: a variable in it is not set there.")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"{said} {folder!r}: can't be made or written to ({error.strerror}). Choose another in the profile, "
            'or none (""): then TMPDIR stays as the site has set it.'
        ) from None
    os.environ["TMPDIR"] = tempfile.tempdir = folder


def _plan() -> Plan:
    from hembench.store.frozen import thaw

    frozen = os.environ.get(PLAN)
    if frozen is None:
        raise ConfigError(f"which study? Give --study NAME (jobs of a run find it in {PLAN}).")
    code = Path(frozen).parent / "src" / "hembench"
    if PACKAGE.resolve() != code.resolve():
        raise ConfigError(
            f"{PLAN} names a plan of the code in {code}, but this is the code in {PACKAGE}: its results would get "
            f"keys of other code. Start the job as its run does, with PYTHONSAFEPATH=1 PYTHONPATH={code.parent}."
        )
    return thaw(Path(frozen))


def _publish(plan: Plan, job: Job) -> None:
    from hembench.stages.publish import publish

    folder = Path(plan.settings["results"]) / job.path
    artefact.verified(folder)
    publish(folder, Path(plan.settings["reports"]), plan.study, job.key)
