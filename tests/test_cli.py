"""The front door: quick to start, names what it knows, messages instead of tracebacks."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from hembench import cli
from hembench.core.errors import ConfigError


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_a_file_with_help(name: str) -> None:
    assert importlib.import_module(f"hembench.commands.{name}").HELP.strip()


def test_every_file_of_the_room_is_in_the_table() -> None:
    folder = Path(cli.__file__).parent / "commands"
    files = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert files == set(cli.COMMANDS)


def test_help_lists_all_commands_and_imports_none() -> None:
    code = (
        "import sys; from hembench.cli import main; status = main([]); "
        "heavy = ('torch', 'pandas', 'numpy', 'pydantic', 'hembench.c'); "
        "print(status, sorted(m for m in sys.modules if m.startswith(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(f"  {name} " in done.stdout for name in cli.COMMANDS)
    assert done.stdout.splitlines()[-1] == "0 ['hembench.cli', 'hembench.core', 'hembench.core.errors']"


def test_a_misspelt_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["plam"])
    assert stopped.value.code == 2
    assert "Did you mean 'plan'?" in capsys.readouterr().err


def test_an_error_for_the_user_is_a_message_and_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module("hembench.commands.plan")

    def fail(arguments: argparse.Namespace) -> int:
        raise ConfigError("config/x.yaml: expected this, not that")

    monkeypatch.setattr(module, "run", fail)
    assert cli.main(["plan", "demo"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "hembench plan: config/x.yaml: expected this, not that\n"
    assert captured.out == ""


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("hembench.commands.plan")

    def break_down(arguments: argparse.Namespace) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "run", break_down)
    with pytest.raises(ZeroDivisionError):
        cli.main(["plan", "demo"])
