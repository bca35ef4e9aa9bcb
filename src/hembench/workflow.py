"""What the Snakefile asks of hembench: the plan, each rule's inputs, each target's results. Imports no torch."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hembench.commands._raw import bring, needed
from hembench.commands._study import load_study
from hembench.commands.run import CHAIN, SCRATCH
from hembench.core.errors import ConfigError, of_the_disk
from hembench.core.plugins import PACKAGE
from hembench.plan.files import mapping
from hembench.plan.jobs import CHAINED, Job, Plan
from hembench.plan.resources import NAMES, Need, Site, need, resources, together
from hembench.plan.study import parse
from hembench.stages._device import SLOTS, VISIBLE, has_gpus, slots_per_gpu, uuids
from hembench.stages.publish import lost
from hembench.store.frozen import code_hashes, freeze, thaw
from hembench.store.layout import made_writable
from hembench.store.lease import living_owner
from hembench.store.owner import cluster_here

PLAN_VARIABLE = "HEMBENCH_PLAN"
"""Environment variable with the path of the frozen plan, for every job of a run."""

RUN_VARIABLE = "HEMBENCH_RUN"
"""Environment variable with the name of a run, a part of its logs' names.

Snakemake removes a job's log when the job starts; the one of a run that is killed, or of another clone, may still
be written to.
"""

SAFE = "PYTHONSAFEPATH=1"
"""For Python: import nothing from the working folder, which may hold a hembench/ of its own."""

SLURM_LOGS = Path(".snakemake", "slurm_logs")
"""Where SLURM keeps what a job says before hembench begins, by rule and job: the profile's ``slurm-logdir``."""

TARGETS = {
    "data": ("fetch", "prepare"),
    "train": ("train",),
    "predict": ("predict",),
    "attack": ("attack",),
    "metrics": ("evaluate",),
    "figures": ("table", "figure"),
    "claims": ("claims",),
    "report": ("report",),
}
"""Stages that each named target of the Snakefile asks for."""


class Workflow:
    """A study's plan as the Snakefile sees it: paths of markers, relative to the working directory."""

    def __init__(self, plan: Plan, frozen: Path, run: str, site: Site | None = None, main: bool = True) -> None:
        self.main = main
        self.again = False
        self.plan = plan
        self.frozen = frozen
        self.run = run
        self.site = site or Site()
        self.results = _shown(Path(plan.settings["results"]))
        self.reports = _shown(Path(plan.settings["reports"]))

    @classmethod
    def open(
        cls,
        config: dict[str, Any],
        root: Path,
        main: bool,
        settings: Any = None,
        read: Sequence[str | Path] = (),
        dry: bool = False,
    ) -> Workflow:
        """Return the plan of this run: computed and frozen once by the controlling process, read by all others.

        Args:
            config: Snakemake's config, one study.
            root: folder of the Snakefile.
            main: whether this is the controlling Snakemake process.
            settings: Snakemake's resource settings; the profile's ``default-resources`` describe the site.
            read: the files that Snakemake has read the config from: it takes the last of a key that stands twice.
            dry: whether nothing will be made: then nothing that is there may change.

        Raises:
            ConfigError: the study or the profile is wrong, or a job was started without its plan.
        """
        # Snakemake keeps an expression of a profile as an object with the text in `raw`.
        defaults: Mapping[str, Any] = getattr(settings, "default_resources", None) or {}
        site = Site.of({name: getattr(value, "raw", value) for name, value in defaults.items()})
        if main:
            before = code_hashes(PACKAGE)
            if len(read) > 1:
                raise ConfigError(
                    f"one study a run: Snakemake would mix {', '.join(map(str, read))}. Give --configfile one "
                    "file; a target goes before it."
                )
            for path in read:
                mapping(Path(path), "study:")
            loaded = load_study(parse(config, ", ".join(map(str, read)) or "config"), root)
            made_writable(loaded.results)
            try:
                frozen = freeze(loaded.plan, loaded.results, PACKAGE, before)
            except OSError as error:
                if message := of_the_disk(error):
                    raise ConfigError(message) from None
                raise
            os.environ[PLAN_VARIABLE] = str(frozen)
            os.environ[RUN_VARIABLE] = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"
            workflow = cls(loaded.plan, frozen, os.environ[RUN_VARIABLE], site)
            if stamp := lost(loaded.results / workflow.report.path, loaded.reports, loaded.plan.study):
                workflow.again = dry
                if not dry:
                    stamp.unlink(missing_ok=True)
            return workflow
        for variable in (PLAN_VARIABLE, RUN_VARIABLE):
            if variable not in os.environ:
                raise ConfigError(f"{variable} is not set: this job was not started by a controlling Snakemake.")
        frozen = Path(os.environ[PLAN_VARIABLE])
        return cls(thaw(frozen), frozen, os.environ[RUN_VARIABLE], site, main)

    @property
    def command(self) -> str:
        """How a job calls hembench: from the frozen copy of the code, with the interpreter that runs Snakemake."""
        code = shlex.quote(str(self.frozen.parent / "src"))
        plan = shlex.quote(str(self.frozen))
        number = self.site.slots_per_gpu
        settings = f"{SLOTS}=${{{SLOTS}:-{number}}} " if number else ""
        settings += f"{CHAIN}=1 " if self.site.chain else ""
        settings += f"{SCRATCH}={shlex.quote(self.site.scratch)} " if self.site.scratch else ""
        python = shlex.quote(sys.executable)
        return f"{settings}{SAFE} PYTHONPATH={code} {PLAN_VARIABLE}={plan} {python} -m hembench run"

    def resources(self, stage: str) -> dict[str, Callable[..., int | str | None]]:
        """Return the resource functions of a stage's rule, by name; None: it is not asked for."""

        def asked(name: str) -> Callable[..., int | str | None]:
            def value(wildcards: Any, attempt: int) -> int | str | None:
                if name == "gpu" and self.site.slots_per_gpu and not has_gpus():
                    return None  # the profile's number of slots is no limit to work on the CPU
                row, after = need(stage, wildcards.cell), ""
                processes = self.plan.find(stage, wildcards.cell, wildcards.key).processes
                if name == "slurm_extra":
                    after = self._made_by(stage, wildcards)
                if self.site.chain and stage == "train" and processes == 1:
                    row = together(row, self._chained(wildcards))
                return resources(row, attempt, self.site, after, processes).get(name)

            return value

        return {name: asked(name) for name in NAMES}

    def threads(self, stage: str) -> Callable[[Any], int]:
        """Return the function of a stage's rule that counts a job's processes: each computes on a core."""
        return lambda wildcards: self.plan.find(stage, wildcards.cell, wildcards.key).processes

    def _chained(self, wildcards: Any) -> Iterator[Need]:
        """Give what the predictions and attacks take that a training goes on to."""
        for path in self.plan.readers(self.plan.find("train", wildcards.cell, wildcards.key).path):
            job = self.plan.jobs[path]
            if job.stage in CHAINED:
                yield need(job.stage, job.cell)

    def _made_by(self, stage: str, wildcards: Any) -> str:
        """Return the job of this cluster that is making a result right now, "" if none is.

        A controller that was killed leaves jobs behind. One more job for the same result waits for their end in
        SLURM's queue, where it holds nothing, instead of failing at once and again; then it finds the result, or
        goes on from the state that was saved.
        """
        owner = living_owner(Path(self.results, stage, wildcards.cell, wildcards.key)) if self.main else None
        return owner.job if owner is not None and owner.job and owner.cluster == cluster_here() else ""

    def marker(self, job: Job) -> str:
        """Return the marker of a job's result, its rule's only output."""
        return f"{self.results}/{job.path}/done"

    def output(self, stage: str) -> str:
        """Return the output pattern of a stage's rule."""
        return f"{self.results}/{stage}/{{cell}}/{{key}}/done"

    def log(self, stage: str, cell: str = "{cell}", key: str = "{key}") -> str:
        """Return the log pattern of a stage's rule, or one job's log."""
        return f"{self.results}/logs/{stage}/{cell}-{key}-{self.run}.log"

    def inputs(self, stage: str) -> Callable[[Any], list[str]]:
        """Return the input function of a stage's rule.

        A finished result needs no inputs: a training that was pruned is not made again for it.
        """

        def markers(wildcards: Any) -> list[str]:
            job = self.plan.find(stage, wildcards.cell, wildcards.key)
            if Path(self.marker(job)).exists():
                return []
            return [self.marker(self.plan.jobs[path]) for path in dict.fromkeys(job.inputs.values())]

        return markers

    def wanted(self, *stages: str) -> list[str]:
        """Return the markers that a target asks for; none named: every result but trainings, and the report.

        A training that is gone and that no missing result needs is not made again.
        """
        asked = [
            job for job in self.plan.jobs.values() if (job.stage in stages if stages else job.stage != "train")
        ]
        markers = [self.marker(job) for job in asked]
        return markers + ([] if stages and "report" not in stages else [self.published])

    @property
    def published(self) -> str:
        """Return the stamp that says which report lies in reports/<study>/.

        Of a lost report a run removes it; a dry run gives it a name that is not there instead.
        """
        again = "-again" if self.again else ""
        return f"{self.reports}/{self.plan.study}/.published/{self.report.key}{again}"

    @property
    def report(self) -> Job:
        """Return the report's job."""
        return self.plan.find("report", self.plan.study)

    def devices(self) -> str:
        """Return, for people, on which GPUs a run with profiles/gpu computes, or that there is none; else ""."""
        if not self.site.slots_per_gpu:
            return ""
        if (named := os.environ.get(VISIBLE)) is not None:
            first = "each job uses the first of its GPUs, and takes no slot; without it they are shared by slots"
            return f"{VISIBLE} is {named}: {first}" if "," in named else ""
        gpus, slots = len(uuids()), slots_per_gpu({SLOTS: str(self.site.slots_per_gpu), **os.environ})
        where = f"{gpus} GPUs with {slots} slots each" if gpus else "the CPU: nvidia-smi finds no GPU"
        return f"this run uses {where}"

    def bring_data(self) -> None:
        """Fetch the raw files that missing results need, before anything is submitted; a dry run never gets here.

        Raises:
            DataError: some can't be had; one message lists them all, with what to do.
        """
        log = logging.getLogger("hembench.datasets")
        log.setLevel(logging.INFO)  # progress of downloads, which Snakemake's own log would not show
        log.addHandler(handler := logging.StreamHandler())
        try:
            bring(needed(self.plan, Path(self.plan.settings["results"])), Path(self.plan.settings["data"]))
        finally:
            log.removeHandler(handler)

    def failures(self) -> str:
        """Return, for people, which jobs of this run have failed and with what message.

        Those that only met somebody else's work are listed apart: nothing is wrong with them.
        """
        failed: list[str] = []
        held: list[str] = []
        for stage, cell, key, log in self._failed():
            message = _message(log) or _never_began(SLURM_LOGS / f"rule_{stage}_result" / f"{cell}_{key}")
            (held if "is being built by" in message else failed).append(
                f"{stage} {cell}: {message}\n    log: {log}"
            )
        parts = []
        if failed:
            parts.append("failed; what needs them is not made:")
            parts += [f"  {entry}" for entry in failed]
        if held:
            parts.append("being made by somebody else; the same command, given again, takes them up:")
            parts += [f"  {entry}" for entry in held]
        return "\n".join(parts)

    def _failed(self) -> Iterator[tuple[str, str, str, Path]]:
        """Give stage, cell, key and log of every job that this run has started and that has no result."""
        for job in self.plan.jobs.values():
            log = Path(self.log(job.stage, job.cell, job.key))
            if log.exists() and not Path(self.marker(job)).exists():
                yield job.stage, job.cell, job.key, log
        log = Path(self.log("publish", self.report.cell, self.report.key))
        if log.exists() and not Path(self.published).exists():
            yield "publish", self.report.cell, self.report.key, log


def _message(log: Path) -> str:
    """Return what a failed job said last: the message for the user, or else the end of a traceback.

    Snakemake makes the log before the job starts; "": it is as empty still.
    """
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines:
        return ""
    for number, line in enumerate(lines):
        if line.startswith("hembench run: "):
            return "\n    ".join([line.removeprefix("hembench run: "), *lines[number + 1 :]])
    if not any(line.startswith("Traceback") for line in lines):
        return "it ended without a message: killed, perhaps for want of memory"
    return "\n    ".join([f"{lines[-1]} (a defect of the code; it happened here:)", *lines[-12:-1]])


def _never_began(folder: Path) -> str:
    """Return what can be said of a job without a word; ``folder``: of its SLURM logs, gone where none is left."""
    also = f", and {folder}/" if folder.is_dir() else ""
    return f"it never began: refused by SLURM, if this is one, or lost before hembench started; see above{also}"


def _shown(path: Path) -> str:
    """Return ``path`` relative to the working directory where it lies in it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
