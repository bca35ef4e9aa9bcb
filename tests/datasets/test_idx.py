from __future__ import annotations

import gzip

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.datasets._idx import read_idx

VALUES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
HEADER = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4])


def test_sizes_are_big_endian_and_values_row_by_row(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(HEADER + VALUES.tobytes()))
    found = read_idx(path)
    np.testing.assert_array_equal(found, VALUES)
    found[0] = 0  # an array of one's own, not a view of the file's bytes


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not gzip", "not a whole gzip file"),
        (gzip.compress(HEADER + VALUES.tobytes())[:-9], "not a whole gzip file"),
        (gzip.compress(b""), "not an idx file"),
        (gzip.compress(bytes([0, 0, 13, 3]) + HEADER[4:] + VALUES.tobytes()), "not an idx file of bytes"),
        (gzip.compress(HEADER + VALUES.tobytes()[:-1]), "23 values, its header says 2 x 3 x 4"),
        (gzip.compress(HEADER + VALUES.tobytes() + b"x"), "25 values"),
        (gzip.compress(HEADER[:12]), "values, its header says"),
    ],
    ids=["text", "cut off", "empty", "floats", "too few", "too many", "header"],
)
def test_other_files_are_refused_by_name(tmp_path, content, words):
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.gz: .*{words}"):
        read_idx(tmp_path / "a.gz")
