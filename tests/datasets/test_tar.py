from __future__ import annotations

import pytest

from hembench.core.errors import DataError
from hembench.datasets._tar import places


def test_every_member_can_be_read_alone(tmp_path, tarred):
    contents = {"./a/x": b"1" * 700, "b": b"", "c": b"22"}
    found = dict(places(tarred(tmp_path / "x.tar", contents)))
    assert {name: place.read() for name, place in found.items()} == {"a/x": b"1" * 700, "b": b"", "c": b"22"}


def test_a_tar_in_a_tar_is_read_where_it_lies(tmp_path, tarred):
    inner = {f"in{n}.tar": tarred(tmp_path / "i", {f"{n}": n.encode()}).read_bytes() for n in ("one", "two")}
    path = tarred(tmp_path / "x.tar", inner)
    found = [(outer, name, place.read()) for outer, at in places(path) for name, place in places(path, at.offset)]
    assert found == [("inone.tar", "one", b"one"), ("intwo.tar", "two", b"two")]


@pytest.mark.parametrize("content", [b"no tar at all" * 100, b""])
def test_what_is_no_tar_is_refused(tmp_path, content):
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.tar: not a whole tar archive"):
        list(places(tmp_path / "x.tar"))
