from __future__ import annotations

import hashlib

import pytest

from hembench.core.errors import DataError
from hembench.datasets._present import check_present

FILES = {"a": hashlib.sha256(b"abc").hexdigest(), "b": "0" * 64, "c": "1" * 64}
SOURCES = {name: [f"https://example.org/{name}", f"https://example.com/{name}"] for name in FILES}


def test_every_file_that_is_not_right_is_named_with_its_sources(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "a").write_bytes(b"abc")
    (folder / "b").write_bytes(b"other")
    with pytest.raises(DataError) as raised:
        check_present(folder, FILES, SOURCES)
    message = str(raised.value)
    assert "https://example.org/a" not in message
    other = hashlib.sha256(b"other").hexdigest()
    assert f"{folder / 'b'} is another file (sha256 {other}): delete it; expected sha256 {'0' * 64}" in message
    assert f"{folder / 'c'} is missing; expected sha256 {'1' * 64}" in message
    assert "    https://example.org/c\n    https://example.com/c" in message
    assert "hembench data fetch made --from FOLDER" in message


def test_right_files_pass(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    check_present(tmp_path, {"a": FILES["a"]}, SOURCES)
