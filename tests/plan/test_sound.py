"""The fingerprint can follow all of the real package, and every module is either followed or of the boundary."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator

import pytest

from hembench.core.errors import FingerprintError
from hembench.core.plugins import ENTRY, PACKAGE, constants, has_function, names
from hembench.plan.boundary import BOUNDARY, EXCUSED, LENT, READERS
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
        for name in {
            *BOUNDARY,
            *LENT,
            *(room for room, _ in EXCUSED),
            *(n.removesuffix(".file_sha256") for n in READERS),
        }
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
    above = {"plan", "stages", "commands"}
    if not module.startswith("hembench.sets."):  # a room above the store: it reads what the store keeps
        above.add("store")
    assert not [d for d in reached if d.split(".")[1].partition(":")[0] in above]


BOUNDARY_USED, FILES_READ = "a part of the boundary", "it may read files"


@pytest.mark.parametrize(
    ("imported", "use", "why"),
    [
        ("from hembench.core.plugins import load", "load('losses', 'ce').build(n)", BOUNDARY_USED),
        ("from hembench.core import plugins", "plugins.names('losses')", BOUNDARY_USED),
        ("from hembench.stages import driver", "driver.under_scheduler()", BOUNDARY_USED),
        ("from hembench.store.environment import environment", "environment('cpu')", BOUNDARY_USED),
        ("from hembench.store.content import read_json", "read_json(n)", FILES_READ),
        ("from hembench.store import content", "content.read_text(n)", FILES_READ),
        ("from hembench.datasets import _idx", "_idx", FILES_READ),
        ("from hembench.core.digest import file_sha256", "file_sha256(n)", FILES_READ),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_plugin_that_reaches_what_is_in_no_key_is_refused(
    imported: str, use: str, why: str, inside: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    used = f"def build(n):\n    {imported}\n\n    return {use}\n"
    if not inside:
        used = f"{imported}\n\n\ndef build(n):\n    return {use}\n"
    copy = tmp_path_factory.mktemp("copy") / "hembench"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "losses" / "sly.py").write_text(used, encoding="utf-8")
    with pytest.raises(FingerprintError, match=rf"hembench/losses/sly\.py:\d: \S+: {why}"):
        Fingerprinter(copy).code([("hembench.losses.sly", "build")])
