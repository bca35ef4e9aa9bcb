"""Arrows go down only: no room imports one above it, and the rooms of science know no store, plan or config."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = [
    {"cli", "__main__", "load", "workflow", "commands"},
    {"stages"},
    {"sets"},
    {"store"},
    {"plan"},
    {"report"},
    {"figures", "tables", "claims", "frames"},
    {"stats"},
    {"tasks"},
    {"attacks", "corruptions", "ood", "strategies", "episodes", "scores", "metrics", "engine"},
    {"losses", "networks", "datasets", "optimisers", "augmentations"},
    {"core"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

NOT_OF_PEOPLE = {"store", "plan", "stages", "commands"}
"""Rooms that report, figures, tables, stats and all of science know nothing of."""

NO_TORCH = {
    "plan",
    "store",
    "stats",
    "tables",
    "figures",
    "report",
    "claims",
    "scores",
    "metrics",
    "datasets",
    "ood",
    "corruptions",
    "episodes",
}

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hembench"
FILES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "__init__.py")


def room_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports anywhere but for type hints alone."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    for name in imports(path):
        if not name.startswith("hembench."):
            continue
        other = name.split(".")[1]
        assert LEVEL[other] >= LEVEL[room], f"{path.name} of {room} imports {name}, a room above it"
        if LEVEL[room] == LEVEL[other] > 0 and other != room:  # the front doors may share
            pytest.fail(f"{path.name} of {room} imports {name}, a room beside it")
        if LEVEL[room] > LEVEL["plan"]:
            assert other not in NOT_OF_PEOPLE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_torch_is_imported_only_where_tensors_are_needed(path: Path) -> None:
    if room_of(path) in NO_TORCH:
        top = {name.split(".")[0] for name in imports(path)}
        allowed = {"torch", "safetensors"} if path.name in ("content.py", "environment.py") else set()
        assert not (top & {"torch", "torchvision", "torchattacks", "sklearn"}) - allowed


def test_every_room_has_a_level() -> None:
    assert {room_of(path) for path in FILES} <= set(LEVEL)


@pytest.mark.parametrize("module", ["hembench.workflow", "hembench.cli", "hembench.stages.driver"])
def test_the_controlling_process_imports_no_torch(module: str) -> None:
    heavy = ("torch", "pandas", "sklearn", "matplotlib")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_file_is_too_long() -> None:
    long = {str(path.relative_to(SOURCE)): n for path in FILES if (n := len(path.read_text().splitlines())) > 500}
    assert not long


def test_print_is_for_commands_alone() -> None:
    allowed = {"cli", "commands"}
    for path in FILES:
        if room_of(path) in allowed or path.name == "document.py":
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls), path
