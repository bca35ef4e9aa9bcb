from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.augmentations import crop_and_flip


def draw(count, flip=True, crop_padding=4, seed=0):
    made = crop_and_flip.build(flip=flip, crop_padding=crop_padding)
    return made, made.draw(count, torch.Generator().manual_seed(seed))


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
    made, (flips, top, left) = draw(64, crop_padding=padding)
    assert 0 < flips.sum() < 64
    changed = made.apply(images, (flips, top, left))
    assert changed.dtype == torch.uint8
    np.testing.assert_array_equal(changed.numpy(), by_hand(images, flips, top, left, padding))


def test_every_offset_occurs_about_equally_often_and_half_are_mirrored():
    _, (flips, top, left) = draw(81_000)
    cells = np.bincount((top * 9 + left).numpy(), minlength=81)
    assert cells.min() > 800
    assert cells.max() < 1200
    assert abs(flips.float().mean() - 0.5) < 0.01


def test_draws_depend_on_the_generator_and_nothing_else():
    base = torch.stack([part.long() for part in draw(32)[1]])
    torch.manual_seed(1)
    assert torch.equal(base, torch.stack([part.long() for part in draw(32)[1]]))
    assert not torch.equal(base, torch.stack([part.long() for part in draw(32, seed=1)[1]]))


def test_switching_the_flip_off_leaves_the_crops_as_they_were():
    _, (_, top, left) = draw(32)
    _, (flips, same_top, same_left) = draw(32, flip=False)
    assert not flips.any()
    assert torch.equal(top, same_top)
    assert torch.equal(left, same_left)
