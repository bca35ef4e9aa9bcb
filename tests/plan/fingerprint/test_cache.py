"""The cache of a fingerprint, and other processes, change no digest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_package import BOUNDARY, LENT, LOSSES, PACKAGE, digests, write

from hembench.plan import _definitions


def test_the_cache_changes_no_digest(before: dict[str, str], tmp_path: Path) -> None:
    package, cache = write(tmp_path, PACKAGE), tmp_path / "c" / "fingerprint.json"
    assert digests(package, cache) == before
    stamp = cache.read_bytes()
    assert digests(package, cache) == before
    assert cache.read_bytes() == stamp
    write(tmp_path, {"losses/ce.py": "def build(count):\n    return 7\n"})
    edited = digests(package, cache)
    assert {name for name in LOSSES if edited[name] != before[name]} == {"ce"}
    cache.unlink()
    assert digests(package, cache) == edited


def test_the_cache_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, cache = write(tmp_path, PACKAGE), tmp_path / "fingerprint.json"
    digests(package, cache)
    monkeypatch.setattr(_definitions, "read", lambda content: pytest.fail("read again"))
    digests(package, cache)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 1}', b'{"files": {}, "format": "other"}', b"\xff\x00"]
)
def test_a_damaged_or_foreign_cache_is_made_again(content: bytes, before: dict[str, str], tmp_path: Path) -> None:
    package, cache = write(tmp_path, PACKAGE), tmp_path / "fingerprint.json"
    cache.write_bytes(content)
    assert digests(package, cache) == before
    assert json.loads(cache.read_bytes())["files"]


def test_a_cache_that_cannot_be_written_is_no_error(before: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert digests(write(tmp_path, PACKAGE), tmp_path / "file" / "fingerprint.json") == before


@pytest.mark.parametrize("seed", ["0", "1"])
def test_another_process_finds_the_same(seed: str, before: dict[str, str], tmp_path: Path) -> None:
    package = write(tmp_path, PACKAGE)
    script = (
        "import json, sys; from pathlib import Path; from hembench.plan.fingerprint import Fingerprinter\n"
        f"made = Fingerprinter(Path(sys.argv[1]), Path(sys.argv[2]), 'pkg', {BOUNDARY!r}, {LENT!r})\n"
        f"print(json.dumps({{n: made.code([('pkg.losses.' + n, 'build')]).digest for n in {LOSSES!r}}}))\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    for _ in range(2):  # without and with the cache
        run = subprocess.run(
            [sys.executable, "-c", script, str(package), str(tmp_path / "c.json")],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(run.stdout) == before
