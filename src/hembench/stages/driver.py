"""Runs any stage: finds or awaits the result, checks what it reads, computes, publishes, goes on along the chain.

This is boundary code: no key depends on it, so it may decide when, where and whether something is computed, and
never what. Everything that changes a result's bytes is in the stage's ``compute`` and what that calls.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.core.checkpoint import Checkpoint
from hembench.core.errors import ConfigError, HembenchError, LeaseHeldError, StoppedError, StoreError
from hembench.plan.jobs import CHAINED, Job, Plan
from hembench.plan.resources import need
from hembench.stages import _device, _ranks
from hembench.stages._pace import Pace
from hembench.stages._raw import bring
from hembench.stages._stopping import Stop
from hembench.stages.api import Inputs
from hembench.store import artefact, environment, progress
from hembench.store.adopt import content_of_inputs, same_content, take_over
from hembench.store.lease import Lease, lease
from hembench.store.lineage import lineage
from hembench.store.state import SECONDS, State

TORCH_STAGES = ("train", *CHAINED)
"""Stages that compute on a device."""

LONG = (
    *TORCH_STAGES,
    "predict_scores",
    "prepare_shards",
    "prepare_dense_shards",
    "prepare_ood_natural_shards",
    "prepare_corruption_published_shards",
)
"""Files of stages that may take long: they keep their state; signals stop them at safe points, others at once."""

BRIEF = ("predict_episodes",)
"""Files of such stages that keep none: they are done in seconds, and a signal ends them at once."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Driver:
    """Makes the results of a plan.

    Attributes:
        plan: the plan of the run.
        results: folder of results.
        data: folder of raw data.
        wait: wait for a result that somebody else is making (False under a scheduler: waiting holds a GPU).
        chain: go on from a training to the predictions and attacks of its cell.
        together: this process's place among those that torchrun has started: the first makes, the others assist.
    """

    plan: Plan
    results: Path
    data: Path
    wait: bool = True
    chain: bool = True
    together: _ranks.Together = field(default_factory=_ranks.Together)

    def make(self, job: Job) -> None:
        """Make one result, unless it exists, and what follows it along the chain.

        Raises:
            LeaseHeldError: somebody else is making it and ``wait`` is off.
            StoreError: an input is missing or damaged.
            StoppedError: a signal came, and something is left to be done.
        """
        stop = Stop()
        self._make(job, stop)
        if self.chain and job.stage == "train":
            for follower in self._followers(job):
                if stop.number:
                    raise StoppedError(
                        f"{job.stage} {job.cell}: finished; what follows it is not, because of a signal. "
                        "The same command goes on.",
                        stop.number,
                    )
                self._try(follower, stop)

    def assist(self, job: Job) -> None:
        """Compute with the first process what it makes, if it does; nothing is written here.

        Raises:
            StoreError: another process has failed.
            StoppedError: a signal came to one of them; the first has saved the state.
        """
        if not self.together.called():
            return
        stop, device = Stop(), _device.device(need(job.stage, job.cell).share)
        state = _state(job, self.results / job.path, environment.Meter(), device, stop, self.together)
        inputs = self._inputs(job, {}, device, self.together.shared(state, stop))  # the first has verified them
        self.together.join(device)
        with stop.listening(), self.together.computing():
            importlib.import_module(f"hembench.stages.{job.file}").compute(inputs, job.options)

    def _make(self, job: Job, stop: Stop) -> None:
        folder = self.results / job.path
        if self._found(folder):
            return
        name = f"{job.stage} {job.cell}"
        with lease(
            folder,
            wait=self.wait,
            wait_for_own_job=True,
            finished=lambda: artefact.read_manifest(folder) is not None,
            tell=lambda owner: _log.info("%s: waiting, %s is making it", name, owner),
        ) as ours:
            if ours is None:
                if not self._found(folder):  # never a marker without a result
                    raise StoreError(f"{name}: it was made, and is gone again. The same command makes it.")
                return
            try:
                if not self._taken_over(job, folder):
                    self._compute(job, folder, stop, ours)
            except StoppedError:
                raise
            except Exception as error:
                progress.fail(folder, error)
                raise

    def _found(self, folder: Path) -> bool:
        """Tell whether the result is published, and renew its marker then."""
        if artefact.read_manifest(folder) is None:
            return False
        artefact.mark(folder)
        return True

    def _taken_over(self, job: Job, folder: Path) -> bool:
        """Take over an earlier result that was made by the same code from inputs of the same content, if any."""
        source = same_content(self.results, job)
        if source is None:
            return False
        path = source.relative_to(self.results).as_posix()
        because = f"inputs have the same content as those of {path}"
        try:
            take_over(source, folder, job, because, self.plan.code[job.ingredients["code"]])
        except StoreError as error:
            _log.warning("%s %s: %s can't be taken over: %s", job.stage, job.cell, path, error)
            return False
        _log.info("%s %s: %s is taken over, its %s", job.stage, job.cell, job.key, because)
        return True

    def _compute(self, job: Job, folder: Path, stop: Stop, ours: Lease) -> None:
        device = "cpu"
        if job.stage in TORCH_STAGES:  # before torch is imported, and may wait
            device = _device.device(need(job.stage, job.cell).share)
        meter = environment.Meter()
        manifests = {role: self._verified(job, role) for role in job.inputs}
        bring(self.plan, job, self.data)
        stage = importlib.import_module(f"hembench.stages.{job.file}")
        state = _state(job, folder, meter, device, stop, self.together)
        inputs = replace(
            self._inputs(job, manifests, device, self.together.shared(state, stop)),
            progress=Pace(job, folder),
        )
        _log.info("%s %s: %s", job.stage, job.cell, job.key)
        self.together.join(device)
        with stop.listening() if state else contextlib.nullcontext():
            with self.together.computing():
                contents = stage.compute(inputs, job.options)
            if not ours.mine():  # a machine that slept, a file server that was away: no heartbeat for minutes
                _log.warning(
                    "%s %s: somebody took this lease over meanwhile. What is computed is published all the same: "
                    "both results are equal, and the first one stays.",
                    job.stage,
                    job.cell,
                )
            artefact.publish(folder, contents, self._manifest(job, manifests, meter, device, state))

    def _inputs(
        self, job: Job, manifests: dict[str, dict[str, Any]], device: str, checkpoint: Checkpoint
    ) -> Inputs:
        return Inputs(
            folders={role: self.results / path for role, path in job.inputs.items()},
            manifests=manifests,
            plugins={
                role: getattr(plugins.load(kind, name), function)
                for role, (kind, name, function) in job.plugins.items()
            },
            raw=self.data / str(job.options.get("dataset", "")),
            device=device,
            state=checkpoint,
        )

    def _verified(self, job: Job, role: str) -> dict[str, Any]:
        try:
            return artefact.verified(self.results / job.inputs[role])
        except StoreError as error:
            raise StoreError(f"{job.stage} of {job.cell} reads {role!r}: {error}") from None

    def _manifest(
        self,
        job: Job,
        manifests: dict[str, dict[str, Any]],
        meter: environment.Meter,
        device: str,
        state: State | None,
    ) -> dict[str, Any]:
        run = meter.record(Path(str(self.plan.settings.get("root", ".")))) | _ranks.facts(job)
        return {
            "stage": job.stage,
            "cell": job.cell,
            "key": job.key,
            "study": self.plan.study,
            "ingredients": job.ingredients,
            "inputs": job.inputs,
            "read": content_of_inputs(manifests),
            "lineage": lineage(manifests),
            "definitions": self.plan.code[job.ingredients["code"]],
            "environment": _environment(job, device),
            "run": state.account(run) if state else run,
        }

    def _followers(self, job: Job) -> Iterator[Job]:
        for path in self.plan.readers(job.path):
            follower = self.plan.jobs[path]
            inputs_exist = all(artefact.is_done(self.results / source) for source in follower.inputs.values())
            if follower.stage in CHAINED and inputs_exist:
                yield follower

    def _try(self, job: Job, stop: Stop) -> None:
        """Make a follower; where it fails, its own job of the workflow will fail with the message."""
        try:
            Driver(self.plan, self.results, self.data, wait=False, chain=False)._make(job, stop)
        except StoppedError:
            raise
        except LeaseHeldError:
            _log.info("%s %s: somebody else is making it", job.stage, job.cell)
        except HembenchError as error:
            _log.warning("%s %s, made ahead, failed: %s", job.stage, job.cell, error)
        except Exception:
            _log.warning("%s %s, made ahead, failed:", job.stage, job.cell, exc_info=True)


def _environment(job: Job, device: str) -> dict[str, Any]:
    """Return with what a result was made, with the settings that held while torch computed (undone by now)."""
    if job.stage not in TORCH_STAGES:
        return environment.environment(device)
    import torch

    from hembench.engine.determinism import deterministic

    with deterministic(torch.device(device)):
        return environment.environment(device)


def under_scheduler() -> bool:
    """Tell whether this process is a job of a cluster."""
    return "SLURM_JOB_ID" in os.environ


def _state(
    job: Job, folder: Path, meter: environment.Meter, device: str, stop: Stop, together: _ranks.Together
) -> State | None:
    """Return the state of a job that takes long. Of several processes the first keeps it.

    Raises:
        ConfigError: HEMBENCH_STATE_SECONDS is not a number of seconds.
    """
    if job.file in BRIEF or (job.stage not in TORCH_STAGES and job.file not in LONG):
        return None
    given = os.environ.get("HEMBENCH_STATE_SECONDS") or SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise ConfigError(f"HEMBENCH_STATE_SECONDS is {given!r}: give the seconds between two saves, 0 or more.")
    return State(
        folder,
        f"{job.stage} {job.cell}",
        meter,
        device=device,
        seconds=seconds,
        writes=together.first,
        stopped=lambda: together.stopped(stop),
    )
