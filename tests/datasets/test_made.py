"""Made sets in the layouts of TinyImageNet and ImageNet1k."""

from __future__ import annotations

import numpy as np
import pytest

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError
from hembench.datasets import imagenet1k_made, tiny_imagenet_made
from hembench.datasets._made import made_picture
from hembench.datasets._pictures import decoded, framed, unframed

MADE = pytest.mark.parametrize("module", [tiny_imagenet_made, imagenet1k_made])


@MADE
def test_every_machine_makes_the_same_files(module, tmp_path):
    module.fetch(tmp_path)
    assert {path.name: file_sha256(path) for path in tmp_path.iterdir()} == module.FILES
    before = {path: path.stat().st_ino for path in tmp_path.iterdir()}
    module.fetch(tmp_path)
    assert {path: path.stat().st_ino for path in tmp_path.iterdir()} == before


@MADE
def test_another_file_is_refused_and_kept(module, tmp_path):
    path = tmp_path / next(iter(module.FILES))
    path.write_bytes(b"mine")
    with pytest.raises(DataError, match="is another file"):
        module.fetch(tmp_path)
    assert path.read_bytes() == b"mine"


@MADE
def test_both_parts_have_all_kinds_and_share_no_picture(module, tmp_path):
    module.fetch(tmp_path)
    train, test = module.train(tmp_path), module.test(tmp_path)
    for part, (images, labels) in zip(("train", "test"), (train, test), strict=True):
        assert (images.dtype, images.shape) == (np.uint8, (module.SIZES[part], *module.IMAGE_SHAPE))
        assert labels.tolist() == sorted(list(range(5)) * (module.SIZES[part] // 5))
    seen = [image.tobytes() for images in (train[0], test[0]) for image in np.asarray(images)]
    assert len(set(seen)) == len(seen)


def test_pictures_are_those_that_were_made(tmp_path):
    tiny_imagenet_made.fetch(tmp_path)
    expected = unframed(decoded(made_picture(3, 7, 64, 64), "x"), 64, "x")
    np.testing.assert_array_equal(tiny_imagenet_made.train(tmp_path)[0][67], expected)
    imagenet1k_made.fetch(tmp_path)
    expected = framed(decoded(made_picture(2, 101, 200, 150), "x"), 256, 224)
    np.testing.assert_array_equal(imagenet1k_made.test(tmp_path)[0][9:10][0], expected)


def test_kinds_can_be_told_apart(tmp_path):
    """Stripes along rows, along columns or across: a network can learn them."""
    tiny_imagenet_made.fetch(tmp_path)
    images, labels = tiny_imagenet_made.test(tmp_path)
    down, right = (images[:, 0].mean(axis=axis).std(axis=1) for axis in (2, 1))
    assert [(down[labels == kind].min() > 50, right[labels == kind].min() > 50) for kind in range(5)] == [
        (True, False), (False, True), (False, False), (False, False), (False, False),
    ]  # fmt: skip


def test_few_of_each_kind_of_tiny_imagenet_made(tmp_path):
    tiny_imagenet_made.fetch(tmp_path)
    images, labels = tiny_imagenet_made.train(tmp_path, per_class=2)
    assert np.bincount(labels).tolist() == [2] * 5
    np.testing.assert_array_equal(images[2], tiny_imagenet_made.train(tmp_path)[0][20])
