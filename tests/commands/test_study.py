"""Which project a command is about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hembench.commands import _study
from hembench.commands._study import load, project_root
from hembench.core.errors import ConfigError
from hembench.store.layout import made_writable


def checkout(folder: Path) -> Path:
    """Make what looks like one more checkout."""
    (folder / "src" / "hembench").mkdir(parents=True)
    (folder / "Snakefile").touch()
    return folder


def test_the_project_is_the_package_s_own_wherever_it_is_called(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (project, project / "docs", tmp_path):
        monkeypatch.chdir(folder)
        assert project_root() == project


@pytest.mark.parametrize("below", ["", "config"])
def test_another_checkout_is_refused_with_the_command_that_is_right_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    other = checkout(tmp_path / "other")
    (other / below).mkdir(exist_ok=True)
    monkeypatch.chdir(other / below)
    with pytest.raises(ConfigError) as refused:
        project_root()
    assert f"{other}/.venv/bin/hembench" in str(refused.value)
    assert f"PYTHONPATH={other}/src {sys.executable} -m hembench" in str(refused.value)


def test_a_package_in_no_checkout_has_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_study, "PACKAGE", tmp_path / "site-packages" / "hembench")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="Run hembench in a checkout"):
        project_root()


def test_the_command_of_a_study_names_its_file_after_the_target(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert load("demo").command("metrics") == "snakemake metrics --configfile config/demo.yaml"
    elsewhere = tmp_path / "mine.yaml"
    elsewhere.write_text((project / "config" / "demo.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert load(str(elsewhere)).command() == f"snakemake --configfile {elsewhere}"


def test_a_results_folder_that_can_not_be_made_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"results folder .*file/results: can't be made .*HEMBENCH_RESULTS"):
        made_writable(tmp_path / "file" / "results")
    made_writable(tmp_path / "new" / "results")
    assert list((tmp_path / "new" / "results").iterdir()) == []


def test_make_of_a_study_that_is_not_there_is_one_message(project: Path) -> None:
    make = ["make", "--no-print-directory", "--old-file=.venv/.stamp", f"BIN={Path(sys.executable).parent}"]
    done = subprocess.run([*make, "study", "STUDY=demi"], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no study 'demi'. Did you mean 'demo'?" in done.stderr
    assert "Traceback" not in done.stderr
