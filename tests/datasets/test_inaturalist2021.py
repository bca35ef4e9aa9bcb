"""The published archive is not at hand: one of its layout is made, with few species."""

from __future__ import annotations

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.datasets import inaturalist2021
from hembench.datasets._pictures import Pictures


@pytest.fixture
def folder(tmp_path, tarred, picture, make_known, monkeypatch):
    monkeypatch.setattr(inaturalist2021, "IMAGE_SHAPE", (3, 32, 32))
    monkeypatch.setattr(inaturalist2021, "NUM_CLASSES", 3)
    monkeypatch.setattr(inaturalist2021, "SIZES", {"test": 6})

    def made(names):
        tarred(tmp_path / "val.tar.gz", {name: picture(50, 40, place) for place, name in enumerate(names)})
        make_known(inaturalist2021, tmp_path)
        return tmp_path

    return made


NAMES = [f"val/{species:05}_Animalia_Chordata/{one}.jpg" for species in (1, 0, 2) for one in "ba"]


def test_photographs_are_decoded_when_asked_for(folder):
    images, labels = inaturalist2021.test(folder(NAMES))
    assert isinstance(images, Pictures)
    assert images.shape == (6, 3, 32, 32)
    assert labels.tolist() == [1, 1, 0, 0, 2, 2]  # in the archive's order
    blue = images[2:5].mean(axis=(2, 3))[:, 2]
    np.testing.assert_allclose(blue, [2 * 37, 3 * 37, 4 * 37], atol=3)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (NAMES[:5], "5 photographs of 3 species, expected 6 of 3"),
        ([*NAMES[:4], *["val/00000_x/c.jpg", "val/00000_x/d.jpg"]], "6 photographs of 2 species"),
        ([*NAMES[:5], "val/x.jpg"], "do not lie in folders"),
    ],
)
def test_other_photographs_are_refused(folder, names, message):
    with pytest.raises(DataError, match=message):
        inaturalist2021.test(folder(names))
