from __future__ import annotations

import hashlib
import os

import pytest

from hembench.core.errors import DataError
from hembench.datasets._checksum import check_raw, checksum_like
from hembench.datasets._present import check_present

CONTENT = b"raw"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "some_set"
    folder.mkdir()
    (folder / "a.tar").write_bytes(CONTENT)
    return folder


@pytest.mark.parametrize("checksum", [SHA256, MD5])
def test_a_checksum_is_computed_by_its_own_method(folder, checksum):
    assert checksum_like(folder / "a.tar", checksum) == checksum
    check_raw(folder, {"a.tar": checksum})
    check_present(folder, {"a.tar": checksum}, {"a.tar": ["somewhere"]})


@pytest.mark.parametrize(("checksum", "kind"), [(SHA256, "sha256"), (MD5, "md5")])
def test_another_file_is_refused_with_the_method_s_name(folder, checksum, kind):
    check_raw(folder, {"a.tar": checksum})
    (folder / "a.tar").write_bytes(b"war")  # same size: the time of the change tells
    os.utime(folder / "a.tar", ns=(0, 0))
    expected = checksum.removeprefix("md5:")
    with pytest.raises(DataError, match=f"a.tar: {kind} is [0-9a-f]+, expected {expected}.*fetch some_set"):
        check_raw(folder, {"a.tar": checksum})
    with pytest.raises(DataError, match=rf"another file \({kind} [0-9a-f]+\).*expected {kind} {expected}"):
        check_present(folder, {"a.tar": checksum}, {"a.tar": ["somewhere"]})


def test_a_missing_file_says_how_to_get_it(folder):
    with pytest.raises(DataError, match=r"b\.tar: raw file is missing.*hembench data fetch some_set"):
        check_raw(folder, {"b.tar": SHA256})


def test_an_unchanged_file_is_read_once(folder, monkeypatch):
    check_raw(folder, {"a.tar": SHA256})
    monkeypatch.setattr("hembench.datasets._checksum.checksum_like", lambda *_: pytest.fail("read again"))
    check_raw(folder, {"a.tar": SHA256})
