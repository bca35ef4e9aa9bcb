"""The fingerprint can follow all of the real package: nothing in it hides a definition."""

from __future__ import annotations

import pytest

from hembench.core.plugins import ENTRY, PACKAGE, entry, has_function, names
from hembench.plan.fingerprint import BOUNDARY, Fingerprinter, check
from hembench.plan.sets import members

STAGES = sorted(
    path.stem
    for path in (PACKAGE / "stages").glob("*.py")
    if path.stem != "__init__" and f"hembench.stages.{path.stem}" not in BOUNDARY
)


@pytest.fixture(scope="module")
def real() -> Fingerprinter:
    return Fingerprinter(PACKAGE)


def test_no_code_of_the_package_hides_a_definition() -> None:
    problems = check(PACKAGE)
    assert not problems, "\n".join(problems)


def test_every_package_file_is_empty() -> None:
    full = [
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py") if path.read_bytes().strip()
    ]
    assert not full, f"these must be empty, for importing a module executes them: {', '.join(full)}"


def test_the_boundary_names_what_exists() -> None:
    missing = [
        name for name in BOUNDARY if not PACKAGE.parent.joinpath(*name.split(".")).with_suffix(".py").is_file()
    ]
    assert not missing, f"BOUNDARY names modules that are not there: {', '.join(missing)}"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_followed(stage: str, real: Fingerprinter) -> None:
    assert f"hembench.stages.{stage}." in "".join(real.code([(f"hembench.stages.{stage}", None)]).definitions)


@pytest.mark.parametrize("kind", ENTRY)
def test_every_plugin_can_be_followed_and_reaches_no_room_above_it(kind: str, real: Fingerprinter) -> None:
    for name in names(kind):
        function = entry(kind, name)
        if kind == "corruptions" and members(name):
            if not has_function(kind, name, "read"):
                continue  # a list of other files
            function = "read"
        reached = real.code([(f"hembench.{kind}.{name}", function)]).definitions
        assert f"hembench.{kind}.{name}.{function}" in reached
        assert not [
            d for d in reached if d.split(".")[1].partition(":")[0] in {"plan", "store", "stages", "commands"}
        ]
