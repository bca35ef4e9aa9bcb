from __future__ import annotations

import hashlib

import pytest

from hembench.core.errors import DataError
from hembench.datasets._present import check_present

FILES = {"a": hashlib.sha256(b"abc").hexdigest(), "b": "0" * 64, "c": "1" * 64}
URLS = {name: f"https://example.org/{name}" for name in FILES}


def test_every_file_that_is_not_right_is_named_with_its_source(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"other")
    with pytest.raises(DataError) as raised:
        check_present(tmp_path, FILES, URLS)
    message = str(raised.value)
    assert "https://example.org/a" not in message
    assert f"{tmp_path / 'b'} is another file" in message
    assert f"{tmp_path / 'c'} is missing: get https://example.org/c (sha256 {'1' * 64})" in message


def test_right_files_pass(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    check_present(tmp_path, {"a": FILES["a"]}, URLS)
