"""Plain Snakemake on the same jobs and the same mutants: its own rerun triggers, without keys.

It sees a rule's text, parameters, inputs and the times of declared files. Code that a command imports is none of
these, unless somebody declares its files, all of them: who knows which ones a job imports?
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mutants.definitions import modules
from mutants.studies import copied

if TYPE_CHECKING:
    from mutants.stale import Verdict

    from conftest import Traced

TRIGGERS = ("code", "params", "input", "mtime", "software-env")
"""All that Snakemake has, and its default."""


def snakefile(traced: Traced, code: list[Path]) -> str:
    """Return a workflow of the study's jobs, each a command of hembench; ``code`` are inputs of every job."""
    names = {path: f"made/{job.stage}/{job.cell}" for path, job in traced.plan.jobs.items()}
    rules = [f"CODE = {[str(file) for file in code]!r}", "rule all:", f"    input: {list(names.values())!r}"]
    for number, (path, job) in enumerate(traced.plan.jobs.items()):
        inputs = [names[source] for source in dict.fromkeys(job.inputs.values())]
        rules += [f"rule job{number}:", f"    input: {inputs!r}, CODE", f"    output: {names[path]!r}"]
        rules += [f"    params: stage={job.stage!r}, cell={job.cell!r}"]
        rules += ['    shell: ": python -m hembench run {params.stage} {params.cell}; touch {output}"']
    return "\n".join(rules) + "\n"


def snakemake(root: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "progress", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout + done.stderr


def would_run(root: Path) -> int:
    """Return how many jobs a dry run counts."""
    said = snakemake(root, "--dry-run", "--rerun-triggers", *TRIGGERS)
    return len(re.findall(r"^rule job\d+:", said, flags=re.M))


@pytest.mark.parametrize("declared", [False, True], ids=["as commands", "all code declared"])
def test_plain_snakemake(
    declared: bool, traced: Traced, verdicts: list[Verdict], project: Path, tmp_path: Path
) -> None:
    root = copied(project, tmp_path / "project")
    files = [path.relative_to(root) for path in modules(root / "src" / "hembench").values()]
    (root / "Snakefile").write_text(snakefile(traced, files if declared else []), encoding="utf-8")
    snakemake(root)
    assert would_run(root) == 0
    # Declared: a mutant in one file, of a metric, makes all of it again. Else all files together make nothing.
    for file in [Path("src/hembench/metrics/ece.py")] if declared else files:
        (root / file).write_text((root / file).read_text(encoding="utf-8") + "\n_MUTATED = 1\n", encoding="utf-8")
    assert would_run(root) == (len(traced.jobs) if declared else 0)

    needed = sum(len(traced.followed_by(traced.using(verdict))) for verdict in verdicts)
    rerun = len(verdicts) * len(traced.jobs) if declared else 0
    print(f"{len(verdicts):,} mutants: {needed:,} results are really to be made again, plain Snakemake: {rerun:,}")
    assert rerun == 0 or rerun > 5 * needed
