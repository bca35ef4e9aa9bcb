"""The profiles as Snakemake reads them: what jobs of a study would ask a cluster for."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.store.lease import lease

PROFILES = ("default", "gpu", "slurm")


def asked(project: Any, profile: str, *arguments: str) -> dict[str, list[str]]:
    """Return, for each rule of a dry run, the resources that its jobs ask for."""
    done = project.call(
        sys.executable,
        *("-m", "snakemake", "-n", "--quiet", "host", "--configfile", "config/tiny.yaml"),
        *("--workflow-profile", f"profiles/{profile}", *arguments),
    )
    found: dict[str, list[str]] = {}
    for rule, rest in re.findall(
        r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", done.stdout + done.stderr, flags=re.M
    ):
        found.setdefault(rule, []).extend(re.findall(r"resources: (.*)", rest))
    return found


@pytest.fixture
def large(tiny: Any) -> Any:
    """Return a copy where digits are priced as something large, so that they need a GPU."""
    tiny.edit("src/hembench/plan/resources.py", '"digits*"', '"elsewhere*"')
    return tiny


def test_only_trainings_predictions_and_attacks_ask_for_a_gpu(large: Any) -> None:
    site = ("site_gpu_model=a100", "site_gpu_partition=fast", "slurm_partition=slow", "mem_mb=1000", "runtime=5")
    rules = asked(large, "slurm", "--default-resources", *site)
    for rule in ("train_result", "predict_result", "attack_result"):
        assert rules[rule], "no such job: the test is out of step"
        for one in rules[rule]:
            assert {"gpu=1", "gpu_model=a100", "slurm_partition=fast"} <= set(one.split(", ")), one
    for one in rules["prepare_result"]:
        assert "slurm_partition=slow" in one.split(", ")
        assert not re.search(r"\b(gpu|gpu_model|gres|gpus)=", one), one


def test_a_cell_of_several_processes_asks_for_a_gpu_for_each(large: Any) -> None:
    large.edit("config/tiny.yaml", "batch_size: 256", "batch_size: 256, processes: 2")
    done = large.snakemake("-n", "--quiet", "host")
    assert (done.stdout + done.stderr).count("threads: 2\n") == 8, "each process takes a core of this machine"
    rules = asked(large, "slurm")
    assert all("gpu=2" in one.split(", ") and "nodes=1" in one for one in rules["train_result"])
    assert all("gpu=1" in one.split(", ") for one in rules["predict_result"])


def test_digits_need_no_gpu_at_all(tiny: Any) -> None:
    rules = asked(tiny, "slurm")
    assert "train_result" in rules
    assert not any(re.search(r"\b(gpu|gres)=", one) for found in rules.values() for one in found)


def test_a_result_that_a_job_of_this_cluster_is_making_is_waited_for_in_its_queue(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "scontrol"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'ClusterName             = here'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    trainings = [path for path in tiny.plan() if path.startswith("train/")]
    with contextlib.ExitStack() as stack:
        for path, job, cluster in zip(trainings, ("7", "8", ""), ("here", "elsewhere", ""), strict=False):
            monkeypatch.setenv("SLURM_CLUSTER_NAME", cluster)
            stack.enter_context(lease(tiny.results / path, job, wait=False, finished=lambda: False))
        monkeypatch.delenv("SLURM_CLUSTER_NAME")
        rules = asked(tiny, "slurm", "--default-resources", "slurm_extra='--exclude=n1'", "runtime=5")
    extra = [re.findall(r"slurm_extra=(.*?)(?:, \w+=|$)", one) for one in rules["train_result"]]
    assert sorted(extra) == [["--exclude=n1"]] * (len(trainings) - 1) + [["--exclude=n1 --dependency=afterany:7"]]
    assert all("--dependency" not in one for one in rules["predict_result"])


def test_a_site_may_let_trainings_go_on_to_what_reads_them(tiny: Any) -> None:
    def trainings(chain: int) -> tuple[set[str], str]:
        site = (f"site_chain={chain}", "site_max_minutes=1440")
        done = tiny.snakemake(
            *("-n", "-p", "--quiet", "host", "--workflow-profile", "profiles/slurm", "--default-resources", *site)
        )
        said = done.stdout + done.stderr
        rules = re.findall(r"^rule train_result:\n((?:.+\n)+)", said, flags=re.M)
        return {re.findall(r"\bruntime=(\d+)", facts)[0] for facts in rules}, said

    times, said = trainings(0)
    assert times == {"5"}
    assert "HEMBENCH_CHAIN" not in said
    times, said = trainings(1)
    assert times == {"15"}, "its own time, that of its prediction and of its attack"
    assert "HEMBENCH_CHAIN=1 " in said


def test_jobs_are_told_the_site_s_folder_for_temporary_files(tiny: Any) -> None:
    site = ("site_scratch=/scratch/$USER/a b", "mem_mb=500")
    profile = ("--workflow-profile", "profiles/slurm")
    done = tiny.snakemake("-n", "-p", "--quiet", "host", *profile, "--default-resources", *site)
    assert "HEMBENCH_SCRATCH='/scratch/$USER/a b' " in done.stdout + done.stderr, "its variables are the job's"
    done = tiny.snakemake("-n", "-p", "--quiet", "host", *profile)
    assert "HEMBENCH_SCRATCH" not in done.stdout + done.stderr


def nvidia_smi(folder: Path, command: str) -> str:
    """Return a PATH on which nvidia-smi is this command of a shell."""
    program = folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{command}\n")
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


def test_on_a_workstation_slots_limit_work_on_gpus_and_no_other(
    large: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nvidia_smi(tmp_path, "echo GPU-1")
    monkeypatch.setenv("PATH", path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    rules = asked(large, "gpu")
    assert all("gpu=1" in one.split(", ") for one in rules["train_result"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    rules = asked(large, "gpu")
    assert rules["train_result"]
    assert not any(re.search(r"\bgpu=", one) for found in rules.values() for one in found)


def test_slots_of_a_gpu_are_the_profile_s_unless_a_variable_says_otherwise(
    large: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nvidia_smi(tmp_path, "echo GPU-1; echo GPU-2")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    profile = ("--workflow-profile", "profiles/gpu")
    large.edit("profiles/gpu/config.yaml", "site_slots_per_gpu: 2 ", "site_slots_per_gpu: 3 ")
    commands = large.snakemake("-n", "-p", "--quiet", "host", *profile, env={"PATH": path})
    assert "HEMBENCH_SLOTS_PER_GPU=${HEMBENCH_SLOTS_PER_GPU:-3} " in commands.stdout + commands.stderr
    for more, said in (
        ({}, "this run uses 2 GPUs with 3 slots each"),
        ({"HEMBENCH_SLOTS_PER_GPU": "5"}, "this run uses 2 GPUs with 5 slots each"),
        ({"CUDA_VISIBLE_DEVICES": "0,1"}, "CUDA_VISIBLE_DEVICES is 0,1: each job uses the first of its GPUs"),
    ):
        for marker in large.results.glob("fetch/*/*/done"):
            marker.unlink()  # something to do
        assert said in large.snakemake(*profile, "data", env={"PATH": path, **more}).stderr


def test_a_workstation_without_a_gpu_uses_the_cpu_and_says_so_once(tiny: Any, tmp_path: Path) -> None:
    path = nvidia_smi(tmp_path, "exit 9")
    done = tiny.snakemake("--workflow-profile", "profiles/gpu", "data", env={"PATH": path})
    assert done.stderr.count("this run uses the CPU: nvidia-smi finds no GPU") == 1


def test_a_broken_nvidia_smi_is_no_gpu_and_slots_limit_nothing(
    large: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nvidia_smi(tmp_path, "exit 9")
    monkeypatch.setenv("PATH", path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    rules = asked(large, "gpu")
    assert rules["train_result"]
    assert not any(re.search(r"\bgpu=", one) for found in rules.values() for one in found)


def test_make_runs_a_study_by_a_profile(project: Path) -> None:
    command = ("make", "-n", "-o", ".venv/.stamp", "mnist", "PROFILE=profiles/slurm")
    said = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout
    run = [line for line in said.splitlines() if "snakemake" in line and "config/mnist.yaml" in line]
    assert run, said
    assert all("--workflow-profile profiles/slurm" in line for line in run)


def test_make_names_a_folder_that_is_no_profile(project: Path) -> None:
    command = ("make", "-o", "setup", "study", "PROFILE=profiles/slrum")
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "PROFILE=profiles/slrum: there is no profiles/slrum/config.yaml" in done.stderr


def test_a_key_that_would_give_every_job_a_gpu_is_refused(tiny: Any) -> None:
    done = tiny.snakemake(
        "-n", "--workflow-profile", "profiles/slurm", "--default-resources", "gpu_model=a100", check=False
    )
    assert done.returncode == 1
    assert "gpu_model would be asked for by every job" in done.stdout + done.stderr


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_keeps_what_resume_and_keys_rest_on(project: Path, profile: str) -> None:
    settings = yaml.safe_load((project / "profiles" / profile / "config.yaml").read_text())
    assert settings["rerun-triggers"] == "mtime"
    assert settings["ignore-incomplete"] is settings["nolock"] is settings["keep-going"] is True
    assert not {"set-resources", "group-components", "slurm-array-jobs", "rerun-incomplete"} & settings.keys()


def test_the_cluster_s_profile_avoids_its_traps(project: Path) -> None:
    settings = yaml.safe_load((project / "profiles" / "slurm" / "config.yaml").read_text())
    assert "cores" not in settings, "it would cap every job's threads at the login node's"
    assert settings["retries"] >= 1
    assert settings["slurm-requeue"] is True, "the executor waits for ever for a preempted job that nobody repeats"
    assert settings["default-resources"]["mem_mb"], "no memory asked is a whole node at some sites"


def test_no_rule_repeats_itself_or_groups_jobs(project: Path) -> None:
    for path in (project / "workflow").rglob("*.smk"):
        assert not re.search(r"^\s*(retries|group):", path.read_text(), flags=re.M), path
