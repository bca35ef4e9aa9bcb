"""Shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch: bits depend on the thread count
for _name in [name for name in os.environ if name.startswith("HEMBENCH_") and name != "HEMBENCH_REQUIRE"]:
    del os.environ[_name]  # a developer's own results and data are none of the tests' business


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
