"""Which results of a plan exist, which are missing, and which nobody needs any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from hembench.plan.jobs import Job, Plan

State = Literal["done", "missing", "not needed"]


def states(plan: Plan, exists: Callable[[Job], bool]) -> dict[str, State]:
    """Return path -> state, as Snakemake's default target sees it.

    A missing training is *not needed* where nothing that reads it is missing: it was pruned on purpose.
    """
    done = {path for path, job in plan.jobs.items() if exists(job)}
    consumers = plan.consumers()

    def state(path: str, job: Job) -> State:
        if path in done:
            return "done"
        if job.stage == "train" and all(user in done for user in consumers[path]):
            return "not needed"
        return "missing"

    return {path: state(path, job) for path, job in plan.jobs.items()}
