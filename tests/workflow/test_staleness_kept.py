"""Results are kept: over branches, lost records, new times, and a training pruned after use."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project


def test_another_branch_and_back(pretended: Project) -> None:
    pretended.git("checkout", "--quiet", "-b", "other")
    pretended.edit_inside("src/hembench/losses/hem.py", "HighErrorMargin.compute")
    pretended.edit("config/tiny.yaml", "seeds: [0, 1]", "seeds: [0, 1, 2]")
    pretended.git("commit", "--quiet", "--all", "--message=other")
    other = pretended.would_make()
    assert pretended.matching("train/*-hem-*", "train/*-s2", "publish") <= other
    pretended.git("checkout", "--quiet", "main")
    assert pretended.would_make() == set()
    pretended.git("checkout", "--quiet", "other")
    pretended.pretend()
    assert pretended.would_make() == set()
    pretended.git("checkout", "--quiet", "main")
    assert pretended.would_make() == {"publish"}, "the report of the other branch is on show"


def test_lost_records_of_snakemake_and_of_the_fingerprint(pretended: Project) -> None:
    assert pretended.would_make() == set()
    for folder in (".snakemake", ".cache"):
        assert (pretended.root / folder).is_dir()
        shutil.rmtree(pretended.root / folder)
    assert pretended.would_make() == set()


def test_a_fingerprint_cache_of_nonsense(pretended: Project) -> None:
    (pretended.root / ".cache").mkdir(exist_ok=True)
    (pretended.root / ".cache" / "fingerprint.json").write_text('{"format": 1, "files": {"0": {}}}')
    assert pretended.would_make() == set()


def test_every_file_touched(pretended: Project) -> None:
    files = [path for path in sorted(pretended.root.rglob("*")) if path.is_file() and ".git" not in path.parts]
    for number, path in enumerate(files):  # inputs newer than their consumers, sources newer than all
        os.utime(path, (2_000_000_000 - number, 2_000_000_000 - number))
    assert pretended.would_make() == set()


def test_a_pruned_training_is_not_needed(pretended: Project) -> None:
    for training in (pretended.results / "train").iterdir():
        shutil.rmtree(training)
    assert pretended.would_make() == set()
    states = pretended.plan()
    assert {state for path, state in states.items() if path.startswith("train/")} == {"not needed"}

    pretended.edit("src/hembench/figures/summary.py", 'TITLE = "', 'TITLE = "New: ')
    assert pretended.would_make() == {"figure/tiny-summary", "report/tiny", "publish"}


def test_a_pruned_training_that_a_missing_result_needs(pretended: Project) -> None:
    shutil.rmtree(pretended.results / "train")
    shutil.rmtree(pretended.results / "predict" / "digits-mlp_tiny-one_epoch-hem-s1-main")
    assert pretended.would_make() == {
        "train/digits-mlp_tiny-one_epoch-hem-s1",
        "predict/digits-mlp_tiny-one_epoch-hem-s1-main",
    }
    shutil.rmtree(pretended.results / "attack")
    assert pretended.would_make() == pretended.matching("train/*", "attack/*") | {
        "predict/digits-mlp_tiny-one_epoch-hem-s1-main"
    }


def test_a_marker_alone_is_missed(pretended: Project) -> None:
    """A result without its marker is asked for again; its job will find the manifest and write the marker."""
    (training,) = (pretended.results / "train" / "digits-mlp_tiny-one_epoch-hem-s1").iterdir()
    (prediction,) = (pretended.results / "predict" / "digits-mlp_tiny-one_epoch-hem-s1-main").iterdir()
    (training / "done").unlink()
    assert pretended.would_make() == set(), "its consumers are done"
    (prediction / "done").unlink()
    assert pretended.would_make() == {
        "train/digits-mlp_tiny-one_epoch-hem-s1",
        "predict/digits-mlp_tiny-one_epoch-hem-s1-main",
    }
