"""Shared by all tests."""

from __future__ import annotations

import io
import os
import signal
import tarfile
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch: bits depend on the thread count
for _name in [name for name in os.environ if name.startswith("HEMBENCH_") and name != "HEMBENCH_REQUIRE"]:
    del os.environ[_name]  # a developer's own results and data are none of the tests' business
os.environ.pop("PYTHONHASHSEED", None)  # the order of sets is another one in each process that a test starts

# In the background a shell starts programs with this signal ignored, and then so do the programs that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test is about time: a busy machine may take as long as it likes.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


TOGETHER = ("tests/cluster/", "tests/mutation/")
"""Folders whose tests share what takes minutes to make: each goes to one process."""


class ByFolder(LoadScopeScheduling):
    """Gives the tests of a folder of ``TOGETHER`` to one process, all others one by one to whoever is free.

    Marks of xdist's own ``loadgroup`` are lost under pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)  # without xdist there is no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder | None:
    """Schedule by folder where ``--dist loadgroup`` asks for groups."""
    return ByFolder(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the root of this checkout."""
    return ROOT


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skip a failure where everything must be there; only a GPU or full data-sets may be missing."""
    report = yield
    if report.skipped and os.environ.get("HEMBENCH_REQUIRE") and not item.get_closest_marker("optional"):
        report.outcome = "failed"
        report.longrepr = f"skipped although HEMBENCH_REQUIRE is set: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def picture() -> Callable[..., bytes]:
    """Return a function: size and number -> a smooth JPEG of its own colours."""

    import numpy as np
    from PIL import Image

    def made(width: int, height: int, number: int = 0, mode: str = "RGB") -> bytes:
        rows, columns = np.mgrid[0:height, 0:width]
        planes = [rows * 255 // height, columns * 255 // width, np.full_like(rows, number * 37 % 256)]
        image = Image.fromarray(np.stack(planes, axis=2).astype(np.uint8)).convert(mode)
        content = io.BytesIO()
        image.save(content, "JPEG", quality=95)
        return content.getvalue()

    return made


@pytest.fixture(scope="session")
def tarred() -> Callable[..., Path]:
    """Return a function: path and contents by name -> a tar there; compressed where its name ends in gz."""

    def made(path: Path, contents: Mapping[str, bytes]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
            for name, content in contents.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return path

    return made


@pytest.fixture
def make_known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function: makes files of a folder the published ones of a data-set, md5 where those are md5."""

    from hembench.datasets._checksum import checksum_like

    def known(module: Any, folder: Path) -> None:
        files = {name: checksum_like(folder / name, checksum) for name, checksum in module.FILES.items()}
        assert set(files.values()).isdisjoint(module.FILES.values())
        monkeypatch.setattr(module, "FILES", files)

    return known
