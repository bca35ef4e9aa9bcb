"""Every command's example, and every cell that the texts name, is one of the demo."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from hembench import cli
from hembench.commands._study import load, study_file
from hembench.plan.jobs import Plan


@pytest.fixture(scope="module")
def demo() -> Plan:
    return load("demo").plan


def examples(command: str) -> list[list[str]]:
    """Return the arguments of each line of a command's example."""
    module = importlib.import_module(f"hembench.commands.{command}")
    lines = [shlex.split(line) for line in module.EXAMPLE.splitlines()]
    assert [line[:2] for line in lines] == [["hembench", command]] * len(lines)
    return [line[2:] for line in lines]


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_an_example_parses_and_names_what_the_demo_has(command: str, demo: Plan, project: Path) -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"hembench.commands.{command}").add_arguments(parser)
    stages = {job.stage for job in demo.jobs.values()}
    for arguments in examples(command):
        parsed = vars(parser.parse_args(arguments))
        for study in (parsed.get("study"), *parsed.get("studies", [])):
            assert study is None or study_file(study, project).is_file()
        for cell in [word for word in arguments if word.startswith("digits")]:
            (stage,) = stages & set(arguments)
            assert demo.find(stage, cell)


def test_examples_name_cells_at_all() -> None:
    with_cells = {name for name in cli.COMMANDS for line in examples(name) if "digits" in " ".join(line)}
    assert with_cells >= {"why", "path", "run", "gc"}


def test_cells_in_the_texts_are_the_demo_s(demo: Plan, project: Path) -> None:
    texts = [project / "README.md", *project.glob("docs/*.md"), project / "src/hembench/load.py"]
    named = {cell for text in texts for cell in re.findall(r"\bdigits\w*-\w+-\w+-s\d+\b", text.read_text("utf-8"))}
    assert named
    assert named <= {job.cell for job in demo.jobs.values()}
