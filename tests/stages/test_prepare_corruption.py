from __future__ import annotations

import numpy as np
import pytest

from hembench.core.errors import DataError, InputError
from hembench.core.streams import numpy_stream
from hembench.corruptions import noise
from hembench.stages.api import Inputs
from hembench.stages.prepare_corruption import compute
from hembench.store.content import arrays, read_arrays

LABELS = np.array([0, 1, 1, 0, 2])


def _options(severities):
    return {"dataset": "tiny", "corruption": {"name": "noise", "options": {}}, "severities": severities}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 1, 4, 4), dtype=np.uint8)


@pytest.fixture
def prepared(tmp_path, images):
    folder = tmp_path / "test"
    folder.mkdir()
    arrays(images=images, labels=LABELS)(folder / "set.npz")
    return folder


def _made(folder, severities, tmp_path):
    inputs = Inputs(folders={"test": folder}, plugins={"corrupt": noise.corrupt})
    compute(inputs, _options(severities))["set.npz"](tmp_path / "set.npz")
    return read_arrays(tmp_path / "set.npz")


def test_every_image_at_every_severity(tmp_path, prepared, images):
    found = _made(prepared, [1, 4], tmp_path)
    assert found["images"].shape == (2, 5, 1, 4, 4)
    assert found["severities"].tolist() == [1, 4]
    assert found["severities"].dtype == np.int64
    np.testing.assert_array_equal(found["labels"], LABELS)
    expected = noise.corrupt(images, 4, numpy_stream("tiny", "corruption", "noise", 4))
    np.testing.assert_array_equal(found["images"][1], expected)


def test_other_severities_do_not_change_an_image(tmp_path, prepared):
    alone, among = _made(prepared, [4], tmp_path), _made(prepared, [1, 2, 3, 4, 5], tmp_path)
    np.testing.assert_array_equal(alone["images"][0], among["images"][3])


def test_an_unknown_severity_is_refused(tmp_path, prepared):
    with pytest.raises(InputError, match="no severity 9"):
        _made(prepared, [1, 9], tmp_path)


def test_a_corruption_that_gives_something_else_is_refused(prepared):
    inputs = Inputs(folders={"test": prepared}, plugins={"corrupt": lambda images, *a: images / 255})
    with pytest.raises(DataError, match="'noise', severity 2: made float64"):
        compute(inputs, _options([2]))
