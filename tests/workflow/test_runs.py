"""A bare study, really run: what is made, what is made again, with which bytes, and what people can do with it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from hembench.core.digest import file_sha256
from hembench.store.lease import lease

CELL = "digits-mlp_tiny-one_epoch-ce-s0"


def of(project: Any, stage: str, cell: str | None = None) -> str:
    """Return the path of the only result of a stage (and cell) that the plan wants."""
    (path,) = [path for path in project.plan() if path.startswith(f"{stage}/{cell or ''}")]
    return path


def stages_of(run: Any) -> set[str]:
    """Return the stages of the jobs that a run has finished, but for the target's."""
    told = re.findall(r"^[\d:]{8} (\w+).* done, \d+ of \d+$", run.stdout + run.stderr, flags=re.M)
    return set(told) - {"everything"}


def test_a_run_makes_every_result_once_and_publishes_the_report(finished: Any) -> None:
    plan = finished.plan()
    assert len(plan) == 11
    assert set(plan.values()) == {"done"}
    assert finished.computed() == dict.fromkeys(plan, 1)
    report = finished.root / "reports" / "tiny"
    assert (report / "index.html").read_bytes() == (
        finished.results / of(finished, "report") / "index.html"
    ).read_bytes()
    assert [stamp.name for stamp in (report / ".published").iterdir()] == [
        of(finished, "report").rpartition("/")[2]
    ]


def test_a_training_goes_on_to_its_prediction_in_its_own_process(finished: Any) -> None:
    manifests = [finished.results / of(finished, stage, CELL) / "manifest.json" for stage in ("train", "predict")]
    train, predict = (json.loads(manifest.read_bytes())["run"]["pid"] for manifest in manifests)
    assert train == predict


@pytest.mark.parametrize("lost", [[], [".snakemake", ".cache"]], ids=["nothing lost", "all private state lost"])
def test_a_second_run_does_nothing(finished: Any, lost: list[str]) -> None:
    for folder in lost:
        shutil.rmtree(finished.root / folder)
    before, computed = finished.contents(), finished.computed()
    done = finished.snakemake()
    assert "Nothing to be done" in done.stdout + done.stderr
    assert (finished.contents(), finished.computed()) == (before, computed)


def test_two_clones_on_one_results_folder_at_once_make_every_result_once_with_the_bytes_of_any_other_run(
    bare: Any, finished: Any, start: Any
) -> None:
    one, other = bare("one"), bare("other")
    shared = {"HEMBENCH_RESULTS": str(one.results)}
    running = [start(one, PYTHONHASHSEED="1", **shared), start(other, PYTHONHASHSEED="2", **shared)]
    for run in running:
        run.finish()
    assert one.computed() == dict.fromkeys(finished.plan(), 1)
    assert one.contents() == finished.contents()
    assert not other.results.exists()
    pages = [(clone.root / "reports" / "tiny" / "index.html").read_text() for clone in (one, other, finished)]
    links = [re.findall(r'href="(\S+)/evaluate/', page)[0] for page in pages]
    assert [links[0], links[2]] == ["../../results"] * 2
    assert (other.root / "reports" / "tiny" / links[1]).resolve() == one.results, "the one with the shared folder"
    assert pages[0] == pages[2] == pages[1].replace(links[1], links[0])


def test_a_damaged_result_is_found_set_aside_and_made_again_with_the_same_bytes(finished: Any) -> None:
    before, computed = finished.contents(), finished.computed()
    train, predict = of(finished, "train", CELL), of(finished, "predict", CELL)
    weights = finished.results / train / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")

    found = finished.hembench("verify", "tiny", check=False)
    assert found.returncode == 1
    assert f"{train}: weights.safetensors has another sha256" in found.stdout
    assert "Nothing to be done" in (done := finished.snakemake()).stdout + done.stderr

    # a job whose input it is refuses it, and its message reaches the terminal
    finished.hembench("gc", f"{CELL}-main", "predict", "--study", "tiny", "--yes")
    failed = finished.snakemake(check=False)
    said = failed.stdout + failed.stderr
    assert failed.returncode == 1
    assert f"predict of {CELL}-main reads 'network'" in said
    assert "weights.safetensors has another sha256" in said
    assert "hembench verify STUDY --repair" in said
    assert not (finished.results / predict / "manifest.json").exists()

    repaired = finished.hembench("verify", "tiny", "--repair")
    assert f"{train}: set aside to" in repaired.stdout
    finished.snakemake()
    assert finished.contents() == before
    assert finished.computed() - computed == {train: 1, predict: 1}
    assert finished.hembench("verify", "tiny").returncode == 0


def test_a_pruned_training_is_made_again_only_for_a_result_that_needs_it(finished: Any) -> None:
    before, computed = finished.contents(), finished.computed()
    train, predict = of(finished, "train", CELL), of(finished, "predict", CELL)
    finished.hembench("gc", CELL, "train", "--study", "tiny", "--yes")
    assert not (finished.results / train).exists()
    done = finished.snakemake()
    assert "Nothing to be done" in done.stdout + done.stderr
    assert finished.plan()[train] == "not needed"

    finished.hembench("gc", f"{CELL}-main", "predict", "--study", "tiny", "--yes")
    assert {path for path, state in finished.plan().items() if state == "missing"} == {train, predict}
    run = finished.snakemake()
    assert finished.computed() - computed == {train: 1, predict: 1}
    assert finished.contents() == before
    assert stages_of(run) == {"train", "predict"}, "nothing finished is looked at again"


def test_reports_shows_the_report_of_the_code_that_is_there(finished: Any) -> None:
    page = finished.root / "reports" / "tiny" / "index.html"
    first, computed = page.read_bytes(), finished.computed()
    finished.edit(
        "src/hembench/tables/summary.py", 'TITLE = "Headline results"', 'TITLE = "Quite another heading"'
    )
    finished.snakemake()
    assert b"Quite another heading" in page.read_bytes()
    assert {path.split("/")[0] for path in finished.computed() - computed} == {"table", "report"}

    finished.edit(
        "src/hembench/tables/summary.py", 'TITLE = "Quite another heading"', 'TITLE = "Headline results"'
    )
    computed = finished.computed()
    run = finished.snakemake()
    assert page.read_bytes() == first
    assert stages_of(run) == {"publish"}
    assert finished.computed() == computed, "only the publishing is left to do"
    assert b"Quite another heading" not in first


def test_any_job_can_be_run_by_hand(bare: Any, finished: Any) -> None:
    project = bare("by_hand")
    refused = project.hembench("run", "train", CELL, "--study", "tiny", check=False)
    assert refused.returncode == 2
    assert f"train of {CELL} reads 'train'" in refused.stderr
    assert "prepare/digits-train" in refused.stderr
    assert "missing" in refused.stderr
    assert "Traceback" not in refused.stderr

    for stage, cell in (("fetch", "digits"), ("prepare", "digits-train")):
        project.hembench("run", stage, cell, "--study", "tiny")
    project.hembench("run", "train", CELL, "--study", "tiny")
    made = project.contents()
    assert {path.split("/")[0] for path in made} == {"prepare", "train"}
    assert made.items() <= finished.contents().items()
    project.hembench("run", "prepare", "digits-test", "--study", "tiny")
    project.hembench("run", "train", CELL, "--study", "tiny")
    assert "predict" in {path.split("/")[0] for path in project.contents()}, "it goes on where it can"

    unknown = project.hembench("run", "train", CELL.replace("ce", "cf"), "--study", "tiny", check=False)
    assert unknown.returncode == 2
    assert f"Did you mean '{CELL}'?" in unknown.stderr


def test_show_prints_the_headline_and_where_the_report_is(finished: Any, bare: Any) -> None:
    shown = finished.hembench("show", "tiny").stdout
    assert str(finished.root / "reports" / "tiny" / "index.html") in shown
    rows = json.loads(finished.hembench("show", "tiny", "--json").stdout)
    assert {row["variant"] for row in rows} == {"ce", "hem"}
    for row in rows:
        assert f"{row['mean']:.2f}" in shown
    assert "nan" not in shown, "one seed has no standard deviation: nothing is printed for it"

    unfinished = bare("unfinished").hembench("show", "tiny", check=False)
    assert unfinished.returncode == 2
    assert "not finished: run `snakemake --configfile config/tiny.yaml`" in unfinished.stderr


def test_a_study_without_headline_table_is_shown_by_its_report(finished: Any) -> None:
    finished.edit("config/tiny.yaml", "tables: [summary]", "tables: []")
    finished.snakemake()
    shown = finished.hembench("show", "tiny").stdout
    assert "no headline numbers" in shown
    assert str(finished.root / "reports" / "tiny" / "index.html") in shown


def test_run_says_that_a_result_exists_and_where(finished: Any) -> None:
    path = finished.whole_plan().find("train", CELL).path
    said = finished.hembench("run", "train", CELL, "--study", "tiny").stdout
    assert said == f"train {CELL} exists already: {finished.results / path}\n"


def test_a_results_folder_that_can_not_be_made_is_a_message_of_the_run(tiny: Any) -> None:
    (tiny.root / "file").touch()
    failed = tiny.snakemake("-n", check=False, env={"HEMBENCH_RESULTS": str(tiny.root / "file" / "results")})
    assert failed.returncode == 1
    assert "is a file. Choose another" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr


def test_network_gives_a_trained_network_for_a_notebook(finished: Any) -> None:
    script = f"""
import torch
from hembench.load import network
net = network({CELL!r}, "tiny")
with torch.no_grad():
    print(net.training, tuple(net(torch.zeros(3, 1, 8, 8)).shape))
"""
    assert finished.python("-c", script).stdout.strip() == "False (3, 10)"
    finished.hembench("gc", CELL, "train", "--study", "tiny", "--yes")
    gone = finished.python("-c", script, check=False)
    assert "StoreError" in gone.stderr
    assert "pruned" in gone.stderr
    (advised,) = re.findall(r"`snakemake (results/train/\S+) --configfile config/tiny.yaml`", gone.stderr)
    assert finished.dry_run(advised) == {advised.removeprefix("results/").removesuffix("/done")}


def test_a_forced_run_is_refused_with_the_way_out(finished: Any) -> None:
    for options in (["-F"], ["-R", "train_result"], ["--rerun-incomplete"]):
        refused = finished.snakemake(*options, check=False)
        assert refused.returncode != 0
        assert "hembench gc CELL STAGE" in refused.stdout + refused.stderr


def test_a_job_runs_the_frozen_code_wherever_it_is_started(finished: Any) -> None:
    """`python -m` imports from the working folder first: started in src/, jobs ran whatever the checkout held."""
    (plan,) = (finished.results / "plans").glob("*/plan.json")
    (job,) = [job for path, job in finished.whole_plan().jobs.items() if path.startswith(f"train/{CELL}/")]
    env = {**finished.environment, "PYTHONPATH": str(plan.parent / "src"), "HEMBENCH_PLAN": str(plan)}
    command = [sys.executable, "-m", "hembench", "run", "train", CELL, job.key]

    def started(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=finished.root / "src", env=env | more, capture_output=True, text=True, check=False
        )

    refused = started()
    assert refused.returncode == 2
    assert "its results would get keys of other code" in refused.stderr
    assert started(PYTHONSAFEPATH="1").returncode == 0


def test_an_edit_after_a_job_was_started_by_hand_is_not_in_its_result(bare: Any, finished: Any) -> None:
    project = bare("edited_by_hand")
    for stage, cell in (("fetch", "digits"), ("prepare", "digits-train")):
        project.hembench("run", stage, cell, "--study", "tiny")
    path = project.whole_plan().find("train", CELL).path
    with lease(project.results / path, wait=False, finished=lambda: False):
        job = subprocess.Popen(
            [sys.executable, "-m", "hembench", "run", "train", CELL, "--study", "tiny", "--no-chain"],
            cwd=project.root,
            env=project.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert job.stderr is not None
        while "waiting" not in job.stderr.readline():
            assert job.poll() is None
        file = project.root / "src/hembench/engine/loop.py"
        file.write_text(file.read_text().replace(".backward()", ".mul(50).backward()"))
    job.communicate()
    assert job.returncode == 0
    assert file_sha256(project.results / path / "weights.safetensors") == file_sha256(
        finished.results / path / "weights.safetensors"
    )


def test_a_lost_page_is_published_again(finished: Any) -> None:
    page = finished.root / "reports" / "tiny" / "index.html"
    first = page.read_bytes()
    page.unlink()
    stamps = {path: path.stat().st_mtime_ns for path in (page.parent / ".published").iterdir()}
    assert finished.dry_run() == {"publish"}
    after = {path: path.stat().st_mtime_ns for path in (page.parent / ".published").iterdir()}
    assert after == stamps, "a dry run changes nothing"
    assert stages_of(finished.snakemake()) == {"publish"}
    assert page.read_bytes() == first
    (page.parent / "table_summary.csv").write_text("cut")
    assert stages_of(finished.snakemake()) == {"publish"}
    assert "Nothing to be done" in finished.snakemake().stderr


def test_two_studies_are_not_mixed(tiny: Any) -> None:
    (tiny.root / "config" / "other.yaml").write_text("study: other\nlosses: {mm: {}}\n")
    refused = tiny.snakemake("-n", "--configfile", "config/tiny.yaml", "config/other.yaml", check=False)
    assert refused.returncode == 1
    assert "one study a run" in refused.stdout + refused.stderr
