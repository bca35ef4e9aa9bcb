"""Which project a command is about."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hembench.commands import _study
from hembench.commands._study import project_root
from hembench.core.errors import ConfigError


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
