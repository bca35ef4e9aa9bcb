from __future__ import annotations

import gzip
import hashlib
import logging

import pytest

from hembench.core.errors import DataError
from hembench.datasets._download import download

CONTENT = bytes(range(256)) * 4000
FILES = {"a.gz": hashlib.sha256(CONTENT).hexdigest()}
NOBODY = "http://127.0.0.1:9/"  # the discard port: nobody listens


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "made"


def test_a_file_comes_whole_and_leaves_nothing_beside_it(server, folder, caplog):
    server.files["/a.gz"] = CONTENT
    with caplog.at_level(logging.INFO):
        download(folder, FILES, [server.address])
    assert (folder / "a.gz").read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == ["a.gz"]
    assert "made/a.gz: 100 % of 1.0 MB" in caplog.text


def test_a_file_that_is_there_is_not_asked_for(server, folder):
    folder.mkdir()
    (folder / "a.gz").write_bytes(CONTENT)
    download(folder, FILES, [server.address])
    assert server.requests == []


def test_another_file_is_refused_and_left_alone(server, folder):
    folder.mkdir()
    (folder / "a.gz").write_bytes(b"mine")
    server.files["/a.gz"] = CONTENT
    with pytest.raises(DataError, match=r"a\.gz is another file .*delete it"):
        download(folder, FILES, [server.address])
    assert (folder / "a.gz").read_bytes() == b"mine"


def test_a_broken_connection_goes_on_where_it_broke(server, folder):
    server.files["/a.gz"] = CONTENT
    server.breaks = [300_000, 400_000]
    download(folder, FILES, [server.address])
    assert (folder / "a.gz").read_bytes() == CONTENT
    assert [asked for _, asked in server.requests] == ["", "bytes=300000-", "bytes=700000-"]


def test_a_later_call_goes_on_too(server, folder):
    server.files["/a.gz"] = CONTENT
    server.breaks = [100_000, 0, 0]
    with pytest.raises(DataError, match="is missing"):
        download(folder, FILES, [server.address])
    assert not (folder / "a.gz").exists()
    server.requests.clear()
    server.breaks = []
    download(folder, FILES, [server.address])
    assert server.requests == [("/a.gz", "bytes=100000-")]
    assert (folder / "a.gz").read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_starts_anew(server, folder):
    server.files["/a.gz"] = CONTENT
    server.breaks = [300_000]
    server.ranges = False
    download(folder, FILES, [server.address])
    assert (folder / "a.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [b"x" * 1000, CONTENT + b"more"], ids=["part", "longer"])
def test_a_wrong_beginning_of_an_earlier_call_costs_one_more_download(server, folder, wrong):
    server.files["/a.gz"] = CONTENT
    folder.mkdir()
    (folder / ".a.gz.part").write_bytes(wrong)
    download(folder, FILES, [server.address])
    assert (folder / "a.gz").read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == ["a.gz"]


def test_a_whole_file_that_was_not_yet_put_into_place_is_used(server, folder):
    server.files["/a.gz"] = CONTENT
    folder.mkdir()
    (folder / ".a.gz.part").write_bytes(CONTENT)
    download(folder, FILES, [server.address])
    assert (folder / "a.gz").read_bytes() == CONTENT


def test_the_next_mirror_is_asked_where_one_fails(server, folder):
    server.files["/good/a.gz"] = CONTENT
    server.files["/bad/a.gz"] = b"an error page"
    mirrors = [NOBODY, f"{server.address}none/", f"{server.address}bad/", f"{server.address}good/"]
    download(folder, FILES, mirrors)
    assert (folder / "a.gz").read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/none/a.gz", "/bad/a.gz", "/good/a.gz"]


def test_what_no_mirror_has_is_listed_with_reasons_and_what_to_do(server, folder):
    server.files["/bad/a.gz"] = b"an error page"
    files = FILES | {"b.gz": "0" * 64}
    with pytest.raises(DataError) as raised:
        download(folder, files, [NOBODY, f"{server.address}bad/"])
    message = str(raised.value)
    for name, reason in (("a.gz", "its file has another sha256"), ("b.gz", "404 Client Error: Not Found")):
        assert f"{folder / name} is missing" in message
        assert f"{NOBODY}{name} (no connection)" in message
        assert f"{server.address}bad/{name} ({reason}" in message
    assert "hembench data fetch made --from FOLDER" in message
    assert list(folder.glob("*")) == []


def test_a_compressed_transfer_is_not_unpacked(server, folder):
    """Some servers say of a .gz file that it is a compressed transfer: its bytes are what is wanted."""
    content = gzip.compress(b"raw")
    server.files["/a.gz"] = content
    server.headers["Content-Encoding"] = "gzip"
    download(folder, {"a.gz": hashlib.sha256(content).hexdigest()}, [server.address])
    assert (folder / "a.gz").read_bytes() == content


def test_a_file_whose_md5_is_all_there_is(server, folder):
    server.files["/a.gz"] = CONTENT
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    with pytest.raises(DataError, match="its file has another md5"):
        download(folder, {"a.gz": "md5:" + "0" * 32}, [server.address])
    download(folder, {"a.gz": f"md5:{md5}"}, [server.address])
    assert (folder / "a.gz").read_bytes() == CONTENT
