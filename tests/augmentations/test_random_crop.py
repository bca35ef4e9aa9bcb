from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.augmentations import random_crop
from hembench.core.errors import InputError


def draw(count, seed=0, **options):
    made = random_crop.build(**({"flip": True} | options))
    return made, made.draw(count, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("height", "width"), [(5, 6), (None, 6), (5, None), (None, None), (8, 10), (1, 1)])
def test_one_picture_at_a_time(height, width):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (32, 3, 8, 10), dtype=np.uint8)
    labels = rng.integers(0, 256, (32, 8, 10), dtype=np.uint8)
    made, drawn = draw(32, height=height, width=width)
    assert 0 < drawn[0].sum() < 32
    kept = (height or 8, width or 10)
    found = made.apply(torch.from_numpy(images), drawn)
    truth = made.apply_to_labels(torch.from_numpy(labels), drawn)
    assert (found.shape, found.dtype) == ((32, 3, *kept), torch.uint8)
    assert (truth.shape, truth.dtype) == ((32, *kept), torch.uint8)
    for number, (flip, row, column) in enumerate(zip(*(part.tolist() for part in drawn), strict=True)):
        top, left = int(row * (8 - kept[0] + 1)), int(column * (10 - kept[1] + 1))
        cut = (slice(top, top + kept[0]), slice(left, left + kept[1]))
        step = -1 if flip else 1
        np.testing.assert_array_equal(found[number].numpy(), images[number][:, *cut][:, :, ::step])
        np.testing.assert_array_equal(truth[number].numpy(), labels[number][cut][:, ::step])


def test_every_place_occurs_about_equally_often():
    made, drawn = draw(12_000, height=6, width=7)
    numbers = torch.arange(80).view(1, 8, 10).expand(12_000, 8, 10)
    first = made.apply_to_labels(numbers, (torch.zeros(12_000, dtype=torch.bool), *drawn[1:]))[:, 0, 0]
    found = torch.bincount(first, minlength=80).view(8, 10)
    assert found[3:].sum() == found[:, 4:].sum() == 0
    assert found[:3, :4].min() > 850
    assert found[:3, :4].max() < 1150
    assert abs(drawn[0].float().mean() - 0.5) < 0.02


def test_options_leave_the_other_draws_as_they_were():
    _, (flips, *places) = draw(16)
    _, (no_flips, *same) = draw(16, flip=False, height=3)
    assert all(torch.equal(a, b) for a, b in zip(places, same, strict=True))
    assert flips.any()
    assert not no_flips.any()


def test_int64_labels_and_float_pictures():
    made, drawn = draw(2, height=4)
    assert made.apply_to_labels(torch.zeros(2, 8, 8, dtype=torch.int64), drawn).dtype == torch.int64
    assert made.apply(torch.zeros(2, 3, 8, 8), drawn).dtype == torch.float32


def test_a_crop_larger_than_the_pictures_is_refused():
    made, drawn = draw(2, height=9)
    with pytest.raises(InputError, match="can't cut 9 out of 8 pixels"):
        made.apply(torch.zeros(2, 3, 8, 8), drawn)
