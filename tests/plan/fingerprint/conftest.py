"""A small package, and the fingerprints of its plug-ins."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from small_package import PACKAGE, digests, write


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return digests(write(tmp_path_factory.mktemp("before"), PACKAGE))
