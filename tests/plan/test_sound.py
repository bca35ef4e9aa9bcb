"""The fingerprint can follow all of the real package, and every module is either followed or of the boundary."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from hembench.core.errors import FingerprintError
from hembench.core.plugins import ENTRY, PACKAGE, constants, has_function, names
from hembench.plan.boundary import BOUNDARY, EXCUSED, LENT
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.sets import members

STAGES = [name for name in names("stages") if "SCHEMA" in constants("stages", name) and name != "fetch"]
FUNCTIONS = {"datasets": ("train", "test"), "corruptions": ("corrupt", "read"), "tasks": ("train", "predict")}
"""What jobs call of kinds that have several functions; a fetch is followed by none (``plan.ledger.entries``)."""


def plugins() -> Iterator[tuple[str, str]]:
    for kind, entry in ENTRY.items():
        for name in names(kind):
            functions = FUNCTIONS.get(kind, (entry or name,))
            found = [(f"hembench.{kind}.{name}", f) for f in functions if has_function(kind, name, f)]
            assert found or (kind == "corruptions" and members(name)), f"{kind}/{name}.py has none of {functions}"
            yield from found


PLUGINS = list(plugins())


@pytest.fixture(scope="module")
def real() -> Fingerprinter:
    return Fingerprinter(PACKAGE)


def test_every_module_is_followed_or_of_the_boundary_with_a_reason(real: Fingerprinter) -> None:
    """Else code could run in a job whose edits no key would know."""
    may_be_followed, outside = real.sorted_out()
    followed = real.modules([*((f"hembench.stages.{stage}", None) for stage in STAGES), *PLUGINS])
    assert not followed & outside
    unsorted = sorted((may_be_followed - followed) & imported())
    assert unsorted == [], "no stage follows these modules: give the reason in plan/boundary.py"
    assert all(BOUNDARY.values())


def imported() -> set[str]:
    """Return the modules of the package that some other module of it imports, at its top or in a function."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.update({str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)})
    return found


def test_the_boundary_names_what_exists() -> None:
    missing = [
        name
        for name in {*BOUNDARY, *LENT, *(room for room, _ in EXCUSED)}
        if not (path := PACKAGE.parent.joinpath(*name.split("."))).with_suffix(".py").is_file()
        and not path.is_dir()
    ]
    assert not missing, f"plan/boundary.py names what is not there: {', '.join(missing)}"


def test_every_package_file_is_empty() -> None:
    full = [
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py") if path.read_bytes().strip()
    ]
    assert not full, f"these must be empty, for importing a module executes them: {', '.join(full)}"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_followed(stage: str, real: Fingerprinter) -> None:
    assert f"hembench.stages.{stage}." in "".join(real.code([(f"hembench.stages.{stage}", None)]).definitions)


@pytest.mark.parametrize(("module", "function"), PLUGINS, ids=[f"{m[9:]}.{f}" for m, f in PLUGINS])
def test_every_plugin_can_be_followed_and_reaches_no_room_above_it(
    module: str, function: str, real: Fingerprinter
) -> None:
    reached = real.code([(module, function)]).definitions
    assert f"{module}.{function}" in reached
    assert not [d for d in reached if d.split(".")[1].partition(":")[0] in {"plan", "store", "stages", "commands"}]


@pytest.mark.parametrize(
    "used",
    [
        "from hembench.core.plugins import load\n\n\ndef build(n):\n    return load('losses', 'ce').build(n)\n",
        "from hembench.core import plugins\n\n\ndef build(n):\n    return plugins.names('losses')\n",
        "def build(n):\n    from hembench.stages import driver\n\n    return driver.under_scheduler()\n",
        "def build(n):\n    from hembench.store.environment import environment\n\n    return environment('cpu')\n",
    ],
)
def test_a_plugin_that_uses_the_boundary_is_refused(used: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("copy") / "hembench"
    for path in PACKAGE.rglob("*.py"):
        target = copy / path.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (copy / "losses" / "sly.py").write_text(used, encoding="utf-8")
    with pytest.raises(
        FingerprintError, match=r"hembench/losses/sly\.py:\d: hembench\.\S+: a part of the boundary"
    ):
        Fingerprinter(copy).code([("hembench.losses.sly", "build")])
