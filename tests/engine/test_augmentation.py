from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.engine.augmentation import apply, draw


def by_hand(images, flips, top, left, padding):
    """One image after the other, in numpy."""
    out = []
    for image, flip, row, column in zip(images.numpy(), flips.tolist(), top.tolist(), left.tolist(), strict=True):
        height, width = image.shape[1:]
        padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
        crop = padded[:, row : row + height, column : column + width]
        out.append(crop[:, :, ::-1] if flip else crop)
    return np.stack(out)


@pytest.mark.parametrize(("shape", "padding"), [((3, 8, 8), 2), ((1, 5, 7), 1), ((3, 6, 6), 0), ((2, 4, 4), 4)])
def test_crop_and_flip_agree_with_one_image_at_a_time(shape, padding):
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (64, *shape), dtype=np.uint8))
    flips, top, left = draw({"flip": True, "crop_padding": padding}, 64, "c", 0, 0, 0)
    assert 0 < flips.sum() < 64
    changed = apply(images, flips, top, left, padding)
    assert changed.dtype == torch.uint8
    np.testing.assert_array_equal(changed.numpy(), by_hand(images, flips, top, left, padding))


def test_every_offset_occurs_about_equally_often_and_half_are_mirrored():
    flips, top, left = draw({"flip": True, "crop_padding": 4}, 81_000, "c", 0, 0, 0)
    cells = np.bincount((top * 9 + left).numpy(), minlength=81)
    assert cells.min() > 800
    assert cells.max() < 1200
    assert abs(flips.float().mean() - 0.5) < 0.01


def test_draws_depend_on_every_part_of_the_position_and_nothing_else():
    options = {"flip": True, "crop_padding": 4}
    base = torch.stack([part.long() for part in draw(options, 32, "c", 0, 0, 0)])
    torch.manual_seed(1)
    assert torch.equal(base, torch.stack([part.long() for part in draw(options, 32, "c", 0, 0, 0)]))
    for other in [("d", 0, 0, 0), ("c", 1, 0, 0), ("c", 0, 1, 0), ("c", 0, 0, 1)]:
        assert not torch.equal(base, torch.stack([part.long() for part in draw(options, 32, *other)]))


def test_switching_the_flip_off_leaves_the_crops_as_they_were():
    _, top, left = draw({"flip": True, "crop_padding": 4}, 32, "c", 0, 0, 0)
    flips, same_top, same_left = draw({"flip": False, "crop_padding": 4}, 32, "c", 0, 0, 0)
    assert not flips.any()
    assert torch.equal(top, same_top)
    assert torch.equal(left, same_left)
