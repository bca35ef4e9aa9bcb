from __future__ import annotations

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.core.streams import numpy_stream
from hembench.ood import permuted
from hembench.sets import arrays as arrays_set
from hembench.stages.api import Inputs
from hembench.stages.prepare_ood import compute
from hembench.store.content import arrays, read_arrays

OPTIONS = {"dataset": "tiny", "ood": {"name": "permuted", "options": {"fresh": True}}, "images": 7}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 1, 4, 4), dtype=np.uint8)


@pytest.fixture
def prepared(tmp_path, images):
    folder = tmp_path / "test"
    folder.mkdir()
    arrays(images=images, labels=np.zeros(5, dtype=np.int64))(folder / "set.npz")
    return folder


def test_the_stream_is_that_of_data_set_and_generator(tmp_path, prepared, images):
    inputs = Inputs(
        folders={"test": prepared}, plugins={"read_set": arrays_set.read, "generate": permuted.generate}
    )
    contents = compute(inputs, OPTIONS)
    contents["set.npz"](tmp_path / "set.npz")
    found = read_arrays(tmp_path / "set.npz")
    assert set(found) == {"images"}
    expected = permuted.generate(images, 7, numpy_stream("tiny", "ood", "permuted"), fresh=True)
    np.testing.assert_array_equal(found["images"], expected)


@pytest.mark.parametrize(
    "made", [np.zeros((6, 1, 4, 4), np.uint8), np.zeros((7, 1, 4, 4)), np.zeros((7, 1, 4, 5), np.uint8)]
)
def test_a_generator_that_gives_something_else_is_refused(prepared, made):
    inputs = Inputs(
        folders={"test": prepared}, plugins={"read_set": arrays_set.read, "generate": lambda *a, **k: made}
    )
    with pytest.raises(DataError, match=r"'permuted'.*expected uint8 \(7, 1, 4, 4\)"):
        compute(inputs, OPTIONS)
