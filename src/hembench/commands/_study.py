"""What most commands start with: a study's plan and its folders."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from hembench.commands._refusals import refuse_braces
from hembench.core.errors import ConfigError, nearest
from hembench.core.plugins import PACKAGE
from hembench.plan.build import build
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Job, Plan
from hembench.plan.study import StudyConfig, read


@dataclass(frozen=True)
class Loaded:
    """A study's plan, the project's root and the folders of results, raw data and reports.

    ``file`` is the study's; None where Snakemake has read it.
    """

    plan: Plan
    study: StudyConfig
    root: Path
    results: Path
    data: Path
    reports: Path
    file: Path | None = None

    def command(self, target: str = "") -> str:
        """Return, for messages, the command that makes this study's results, or those of a target.

        The target goes first: whatever follows ``--configfile`` is taken for one more study.
        """
        words = ["snakemake", target]
        if self.file is not None:
            file = self.file.absolute()
            words += ["--configfile", str(file.relative_to(self.root) if file.is_relative_to(self.root) else file)]
        return " ".join(word for word in words if word)


def project_root() -> Path:
    """Return the checkout that this package lies in, the folder of the Snakefile.

    Called in another checkout it is refused: that one's studies would be planned with this one's code.

    Raises:
        ConfigError: the working directory lies in another checkout, or the package in none.
    """
    own, here = PACKAGE.parent.parent, Path.cwd()
    project = next((folder for folder in (here, *here.parents) if _is_checkout(folder)), own)
    if project != own:
        raise ConfigError(
            f"this hembench has the code of {PACKAGE}, but {project} is a project with code of its own. Call "
            f"that: {project}/.venv/bin/hembench (make setup), or with this interpreter "
            f"PYTHONPATH={project}/src {sys.executable} -m hembench."
        )
    if not _is_checkout(own):
        raise ConfigError(f"{here}: no project here, and none around {PACKAGE}. Run hembench in a checkout of it.")
    return own


def _is_checkout(folder: Path) -> bool:
    return (folder / "Snakefile").is_file() and (folder / "src" / "hembench").is_dir()


def study_file(name: str, root: Path) -> Path:
    """Return the file of a study given by name (config/<name>.yaml) or by path.

    Raises:
        ConfigError: there is no such file; the message names the nearest study.
    """
    for path in (Path(name), root / "config" / f"{name}.yaml"):
        if path.is_file():
            return path
    known = sorted(path.stem for path in (root / "config").glob("*.yaml"))
    raise ConfigError(
        f"no study {name!r}.{nearest(name, known)} Known: {', '.join(known) or 'none'} (config/*.yaml)."
    )


def matching(plan: Plan, stage: str, cell: str) -> list[Job]:
    """Return the job of that name, or else those whose name goes on after it: CELL finds CELL-main.

    Raises:
        ConfigError: the plan has no such stage, or none of that name or beginning; the message names the nearest.
    """
    of_stage = plan.of_stage(stage)
    exact = [job for job in of_stage if job.cell == cell]
    longer = [job for job in of_stage if job.cell.startswith(f"{cell}-")]
    return exact or longer or [plan.find(stage, cell)]


def only(plan: Plan, stage: str, cell: str) -> Job:
    """Return the one job that :meth:`matching` finds.

    Raises:
        ConfigError: none, or several; the message names them.
    """
    jobs = matching(plan, stage, cell)
    if len(jobs) > 1:
        names = ", ".join(job.cell for job in jobs[:8]) + (", ..." if len(jobs) > 8 else "")
        raise ConfigError(f"{stage} of {cell!r} are {len(jobs)} results, name one: {names}")
    return jobs[0]


def recipes_folder(root: Path) -> Path:
    """Return the one folder of recipe files, wherever a study lies: Snakemake does not know its study's file."""
    return root / "config" / "recipes"


def load(name: str) -> Loaded:
    """Return the plan of a study by name or path, with its folders."""
    root = project_root()
    file = study_file(name, root)
    study = read(file)
    try:
        return replace(load_study(study, root), file=file)
    except ConfigError as error:
        raise ConfigError(str(error) if str(file) in str(error) else f"{file}: {error}") from None


def load_study(study: StudyConfig, root: Path) -> Loaded:
    """Return the plan of a validated study, with its folders.

    Raises:
        ConfigError: it can't be planned, results lie in a file, or a folder's name would mean something to
            Snakemake.
    """
    from hembench.store.layout import data_folder, refuse_file, results_folder

    results, data = results_folder(study.results, root), data_folder(study.data_root, root)
    reports = Path(os.environ.get("HEMBENCH_REPORTS", root / "reports"))
    refuse_braces(results, data, reports)
    refuse_file(results)
    settings = {"root": str(root), "results": str(results), "data": str(data), "reports": str(reports)}
    fingerprinter = Fingerprinter(PACKAGE, root / ".cache" / "fingerprint.json")
    return Loaded(build(study, recipes_folder(root), fingerprinter, settings), study, root, results, data, reports)
