"""Time and memory of a large study: planning, a run that finds nothing to do, a job's share, the grid.

Run: ``python benchmarks/scale.py [JOBS ...]``, by default about 5,000 jobs (50,000 take minutes). No network is
trained: markers are made up. Each step is a process of its own, as users start it; CPU seconds depend less than
the clock's on what else a machine does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent

LOSSES: dict[str, dict[str, Any]] = {
    **{name: {} for name in ("ce", "ln", "la", "dice", "mm", "mm_maz", "mm_thres", "hem")},
    "hem_p05": {"loss": "hem", "power": 0.5},
    "hem_m03": {"loss": "hem", "margin": 0.3},
}
SEEDS = 5
JOBS_OF_A_CONDITION = len(LOSSES) * SEEDS * 4 + 1
"""A training, a prediction and two attacks of each cell, and one evaluation."""
RUNNING, FAILED = 200, 50
"""Trainings, for the last line, that seem to run or to have failed."""


def study(jobs: int) -> dict[str, Any]:
    """Return a study of about so many jobs: MLPs of many widths on MNIST, ten losses, five seeds."""
    labels = [f"mlp{number}" for number in range(max(1, round(jobs / JOBS_OF_A_CONDITION)))]
    attack = {"attack": "autoattack_paper", "images": 1000}
    return {
        "study": "scale",
        "seeds": list(range(SEEDS)),
        "conditions": [{"dataset": "mnist", "network": label} for label in labels],
        "networks": {label: {"network": "mlp", "width": 16 + number} for number, label in enumerate(labels)},
        "losses": LOSSES,
        "evaluate": {
            "predict": {"main": {"ood": ["blobs", "uniform", "permuted"], "corruptions": ["mnist_c_ours"]}},
            "attacks": [{**attack, "norm": "Linf", "eps": 0.3}, {**attack, "norm": "L2", "eps": 2.0}],
        },
        "figures": ["summary"],
    }


class Runner:
    """Runs commands with results of their own, and prints what each took."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.folder = folder
        self.file = folder / "scale.yaml"
        self.file.write_text(yaml.safe_dump(study(jobs), sort_keys=False), encoding="utf-8")
        self.environment = {
            **os.environ,
            "HEMBENCH_RESULTS": str(folder / "results"),
            "HEMBENCH_REPORTS": str(folder / "reports"),
            "HEMBENCH_DATA": str(folder / "data"),
            "HEMBENCH_RUN": "scale",
            "OMP_NUM_THREADS": "1",
        }

    def __call__(self, what: str, *arguments: str, **environment: str) -> None:
        """Run Python with ``arguments``; its output is shown where it fails."""
        output = self.folder / "output.txt"
        started = time.perf_counter()
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment | environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            _, status, used = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{what}: status {status}\n{output.read_text(errors='replace')[-4000:]}")
        wall, cpu = time.perf_counter() - started, used.ru_utime + used.ru_stime
        memory = used.ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
        print(f"  {what:44}{wall:8.2f} s {cpu:8.2f} CPU-s {memory:8.0f} MB", flush=True)


def pretend(file: str) -> None:
    """Mark every result of a study as made, and its report as published; print how many, and the last training."""
    from hembench.commands._study import load
    from hembench.stages.publish import publish
    from hembench.store import artefact, content

    loaded = load(file)
    for job in loaded.plan.jobs.values():
        folder = loaded.results / job.path
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text('{"files": {}}')
        (folder / "done").touch()
    report = loaded.results / loaded.plan.find("report", "scale").path
    shutil.rmtree(report)
    artefact.publish(report, {"index.html": content.text("made up")}, {})
    publish(report, loaded.reports, "scale", report.name)
    print(len(loaded.plan.jobs), loaded.plan.of_stage("train")[-1].path)


def pretend_under_way(file: str) -> None:
    """Make some hundred trainings of a study, all made before, look as if they ran or had failed."""
    from hembench.commands._study import load
    from hembench.core.errors import StoreError
    from hembench.store import progress
    from hembench.store.lease import LEASE
    from hembench.store.owner import Owner

    loaded = load(file)
    for number, job in enumerate(loaded.plan.of_stage("train")[: RUNNING + FAILED]):
        folder = loaded.results / job.path
        (folder / "manifest.json").unlink()
        (folder / "done").unlink()
        if number < RUNNING:
            owner = replace(Owner.this_process(str(number)), where="another machine")
            (folder / LEASE).write_text(json.dumps(asdict(owner)))
            progress.tell(folder, progress.Progress(0.5, "epoch 10 of 20", 100.0))
        else:
            progress.fail(folder, StoreError("made up"))


def measure(jobs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder), jobs)
        # in a process of its own: a child's peak memory begins with its parent's
        made = [sys.executable, __file__, "--pretend", str(runner.file)]
        answer = subprocess.run(made, cwd=ROOT, env=runner.environment, capture_output=True, text=True, check=True)
        count, training = answer.stdout.split()
        print(f"{count} jobs")
        snakemake = ("-m", "snakemake", "--configfile", str(runner.file), "--cores", "2")
        runner("hembench plan", "-m", "hembench", "plan", str(runner.file), "--json")
        runner("snakemake, nothing to do (freezes the plan)", *snakemake)
        runner("snakemake, nothing to do, once more", *snakemake)
        runner("snakemake, parsing alone", *snakemake, "--list-rules")
        runner("hembench status", "-m", "hembench", "status", str(runner.file))
        plans = (Path(folder) / "results" / "plans").glob("*/plan.json")
        plan = max(plans, key=lambda path: path.stat().st_mtime)  # an edit meanwhile has made another
        node = (
            "from hembench.workflow import Workflow; from pathlib import Path; Workflow.open({}, Path('.'), False)"
        )
        runner("Workflow of a job's Snakemake", "-c", f"{node}.report", HEMBENCH_PLAN=str(plan))
        remote = (*snakemake, "--mode", "remote", "--list-rules")
        runner("a job's Snakemake, parsing alone", *remote, HEMBENCH_PLAN=str(plan))
        found = ("-m", "hembench", "run", *training.split("/"))
        frozen = {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(plan.parent / "src")}
        runner("a job that finds its result", *found, HEMBENCH_PLAN=str(plan), **frozen)
        runner("(some trainings are made to look under way)", __file__, "--under-way", str(runner.file))
        runner(
            f"hembench status, {RUNNING} running, {FAILED} failed", "-m", "hembench", "status", str(runner.file)
        )


STARTED = {
    "python": "pass",
    "snakemake": "import snakemake.cli",
    "hembench run, up to the driver": "import hembench.cli, hembench.commands.run, hembench.stages.driver",
    "numpy": "import numpy",
    "torch": "import torch",
    "torch and one of its optimisers": "import torch; torch.optim.SGD([torch.zeros(1, requires_grad=True)])",
    "torch and ours": "import hembench.optimisers.sgd, hembench.engine.loop",
    "torch and torchattacks": "import torch, torchattacks",
    "pandas (evaluations, tables)": "import pandas, pyarrow",
}
"""What starting a job is made of: each line is a process of its own."""


def main() -> None:
    if sys.argv[1:2] == ["--pretend"]:
        pretend(sys.argv[2])
        return
    if sys.argv[1:2] == ["--under-way"]:
        pretend_under_way(sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        print("starting a process")
        runner = Runner(Path(folder), 200)
        for what, code in STARTED.items():
            runner(what, "-c", code)
    for jobs in [int(argument) for argument in sys.argv[1:]] or [5000]:
        measure(jobs)


if __name__ == "__main__":
    main()
