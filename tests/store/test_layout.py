from __future__ import annotations

from pathlib import Path

import pytest

from hembench.store.layout import data_folder, results_folder


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEMBENCH_RESULTS", raising=False)
    monkeypatch.delenv("HEMBENCH_DATA", raising=False)


def test_folders_of_the_project_by_default(tmp_path: Path) -> None:
    assert results_folder(None, tmp_path) == tmp_path / "results"
    assert data_folder(None, tmp_path) == tmp_path / "data"


def test_the_study_says_where_relative_to_the_project(tmp_path: Path) -> None:
    assert results_folder("elsewhere", tmp_path) == tmp_path / "elsewhere"
    assert results_folder("/scratch/results", tmp_path) == Path("/scratch/results")
    assert data_folder("~/data", tmp_path) == Path.home() / "data"


def test_the_environment_goes_first_relative_to_where_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEMBENCH_RESULTS", "r")
    monkeypatch.setenv("HEMBENCH_DATA", "/d")
    assert results_folder("of study", Path("/project")) == tmp_path / "r"
    assert data_folder("of study", Path("/project")) == Path("/d")


def test_an_empty_variable_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMBENCH_RESULTS", "")
    assert results_folder(None, tmp_path) == tmp_path / "results"
    assert results_folder(None, Path("relative")).is_absolute()
