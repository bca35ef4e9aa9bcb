"""Makes every result of a frozen plan, each in a process of its own, and writes down what each job touches.

Usage: trace_main.py PACKAGE PLAN JOBS OUT; JOBS is a JSON list of (stage, cell, key, file of the stage) in their
order. Libraries are imported once; a job is a fork that imports the package anew.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mutants.recorder import Recorder
from mutants.tracer import Watcher

STOPPED = (
    "attack",
    "predict",
    "predict_dense",
    "predict_scores",
    "prepare_corruption_published_shards",
    "prepare_dense_shards",
    "prepare_ood_natural_shards",
    "prepare_shards",
    "train",
    "train_dense",
    "train_derived",
)
"""Files of the stages that keep a state."""


LIBRARIES = (
    "jinja2",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "pandas.io.formats.csvs",
    "PIL.Image",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "safetensors.torch",
    "scipy.stats",
    "seaborn",
    "sklearn.datasets",
    "torch.distributed",
    "torchattacks",
    "yaml",
)
"""What is slow to import: a fork has it then."""


def warm() -> None:
    """Import the libraries, and nothing of the package."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not [name for name in sys.modules if name.partition(".")[0] == "hembench"]


def forked(work: Any) -> int:
    """Do ``work`` in a fork; return its exit status."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 70
    try:
        status = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def job(package: Path, name: list[str], out: Path, stops: bool) -> int:
    recorder = Recorder()
    recorder.stops = stops
    Watcher(package, recorder).install()
    from hembench.cli import main

    opened: set[str] = set()
    sys.addaudithook(lambda event, given: opened.add(str(given[0])) if event == "open" else None)
    status = main(["run", *name, "--no-chain"])
    sys.settrace(None)
    touched = {
        place: sorted([t.module, t.name, t.how] for t in touches) for place, touches in recorder.touched.items()
    }
    out.write_text(json.dumps({"touched": touched, "opened": sorted(opened), "options": sorted(recorder.options)}))
    return status


if __name__ == "__main__":
    package, plan, jobs, out = (Path(argument) for argument in sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    os.environ |= {"HEMBENCH_PLAN": str(plan), "OMP_NUM_THREADS": "1"}
    warm()
    for stage, cell, key, file in json.loads(jobs.read_bytes()):
        # What may take long is stopped by a signal at its first safe point, and goes on in another process.
        parts = [True, False] if file in STOPPED else [False]
        for number, stops in enumerate(parts):
            made = out / f"{cell}.{key}-{number}.json"  # two sets of the same content have one key
            status = forked(partial(job, package, [stage, cell, key], made, stops))
            if status != (128 + signal.SIGTERM if stops else 0):
                raise SystemExit(f"{stage} {cell}: status {status}")
