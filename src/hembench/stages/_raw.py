"""Raw files for a job: a results folder may be shared with a clone that has a data folder of its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from hembench.core import plugins
from hembench.plan.jobs import Job, Plan
from hembench.store.layout import made_writable_data
from hembench.store.lease import lease


def bring(plan: Plan, job: Job, data: Path) -> None:
    """Fetch raw files that a job reads and this data folder lacks, though their fetch is done.

    What is read is no matter of trust: the data-set's reader compares every file with its sha256. A fetch brings
    its files itself: it is only asked whether they can be written.

    Raises:
        ConfigError: the data folder lacks files, and can't be made or written to.
    """
    for source in (job, *(plan.jobs[path] for path in job.inputs.values())):
        folder = data / str(source.options.get("dataset", ""))
        files = source.ingredients.get("data", {}).get("files", ())
        there = [folder / name for name in files]
        if source.stage != "fetch" or _all_files(there):
            continue
        made_writable_data(folder)
        if source is not job:
            kind, name, function = source.plugins["fetch"]
            with lease(folder, wait=True, finished=partial(_all_files, there)) as ours:
                if ours is not None:
                    getattr(plugins.load(kind, name), function)(folder)


def _all_files(paths: Iterable[Path]) -> bool:
    return all(path.is_file() for path in paths)
