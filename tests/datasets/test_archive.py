from __future__ import annotations

import hashlib
import io
import stat
import tarfile
import warnings
import zipfile

import pytest

from hembench.core.errors import DataError
from hembench.datasets._archive import members, unpack

LIMITS = {"count": 10, "size": 1000}


def tarred(path, *entries, mode="w:gz"):
    """Write a tar archive of (name, content) or ready-made TarInfos."""
    with tarfile.open(path, mode) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            archive.addfile(info, io.BytesIO(entry[1]))
    return path


def zipped(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


MAKERS = {"zip": zipped, "tar": tarred}


@pytest.fixture(params=list(MAKERS))
def make(request, tmp_path):
    return lambda *entries: MAKERS[request.param](tmp_path / f"archive.{request.param}", *entries)


def test_files_come_out_as_they_went_in(make, tmp_path):
    path = make(("a/b.txt", b"one"), ("./c.txt", b"two"))
    unpack(path, tmp_path / "out", **LIMITS)
    assert (tmp_path / "out/a/b.txt").read_bytes() == b"one"
    assert (tmp_path / "out/c.txt").read_bytes() == b"two"
    assert dict(members(path, **LIMITS)) == {"a/b.txt": b"one", "c.txt": b"two"}


def test_folders_are_passed_over(tmp_path):
    folder = tarfile.TarInfo("a/")
    folder.type = tarfile.DIRTYPE
    assert list(members(tarred(tmp_path / "a.tar", folder, ("a/b", b"1"), mode="w"), **LIMITS)) == [("a/b", b"1")]
    assert list(members(zipped(tmp_path / "a.zip", ("a/", b""), ("a/b", b"1")), **LIMITS)) == [("a/b", b"1")]


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "a\\..\\out.txt", "C:out.txt"])
def test_names_that_lead_outside_are_refused(make, tmp_path, name):
    path = make(("good.txt", b"1"), (name, b"2"))
    with pytest.raises(DataError, match="leads outside"):
        unpack(path, tmp_path / "out", **LIMITS)
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE], ids=str)
def test_links_and_devices_of_tar_are_refused(tmp_path, kind):
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(DataError, match="link or a device"):
        unpack(tarred(tmp_path / "a.tar", info, ("link/x", b"1")), tmp_path / "out", **LIMITS)
    assert not (tmp_path / "out").exists()


def test_links_of_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DataError, match="link or a device"):
        unpack(zipped(tmp_path / "a.zip", (info, b"/etc/passwd")), tmp_path / "out", **LIMITS)


def test_too_many_members_are_refused(make):
    path = make(*((f"{n}.txt", b"") for n in range(11)))
    with pytest.raises(DataError, match="more than the 10 members"):
        list(members(path, **LIMITS))


def test_too_many_bytes_are_refused_all_files_together(make, tmp_path):
    assert len(list(members(make(("a", bytes(600)), ("b", bytes(400))), **LIMITS))) == 2
    path = make(("a", bytes(600)), ("b", bytes(401)))
    with pytest.raises(DataError, match="more than the 1000 bytes"):
        unpack(path, tmp_path / "out", **LIMITS)
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused_before_it_is_read(make):
    path = make(("bomb", bytes(50_000_000)))
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match="bomb"):
        list(members(path, **LIMITS))


def test_a_size_that_lies_does_not_help_a_bomb(tmp_path):
    path = zipped(tmp_path / "a.zip", ("bomb", bytes(1_000_000)))
    content = path.read_bytes().replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(DataError):
        list(members(path, **LIMITS))


def test_names_that_come_twice_are_refused(make):
    with warnings.catch_warnings(action="ignore"):  # zipfile says that it is odd
        path = make(("a", b"1"), ("./a", b"2"), ("a", b"3"))
    with pytest.raises(DataError, match="comes twice"):
        list(members(path, **LIMITS))


def test_a_file_where_another_needs_a_folder_is_refused(make, tmp_path):
    with pytest.raises(DataError, match="in the way"):
        unpack(make(("a", b"1"), ("a/b", b"2")), tmp_path / "out", **LIMITS)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_exists_is_left_alone(make, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="exists already"):
        unpack(make(("a", b"1")), tmp_path / "out", **LIMITS)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off", b"\x1f\x8b cut off"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match="not a whole zip or tar archive"):
        list(members(tmp_path / "a.zip", **LIMITS))


def test_a_cut_off_archive_is_refused(make):
    path = make(("a", hashlib.shake_256(b"a").digest(900)))  # nothing that could be compressed
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="not a whole zip or tar archive"):
        list(members(path, **LIMITS))
