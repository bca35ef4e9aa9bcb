from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.corruptions import imagenet1k_made_c
from hembench.datasets import imagenet1k_made


def test_other_pictures_of_the_test_set_s_kinds_and_others_at_each_severity(tmp_path: Path) -> None:
    imagenet1k_made.fetch(tmp_path)
    clean, expected = imagenet1k_made.test(tmp_path)
    imagenet1k_made_c.fetch(tmp_path)
    found = []
    for severity in imagenet1k_made_c.SEVERITIES:
        images, labels = imagenet1k_made_c.read(tmp_path, "moved", severity)
        assert images.shape == clean.shape
        np.testing.assert_array_equal(labels, expected)
        found.append(images[0 : len(labels)])
    assert len(np.unique(np.concatenate(found).reshape(40, -1), axis=0)) == 40


def test_what_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no severity 3"):
        imagenet1k_made_c.read(tmp_path, "moved", 3)
    with pytest.raises(DataError, match="no corruption fog"):
        imagenet1k_made_c.read(tmp_path, "fog", 1)
    (tmp_path / "made.tar").write_bytes(b"another")
    with pytest.raises(DataError, match=r"made\.tar"):
        imagenet1k_made_c.fetch(tmp_path)
