from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hembench.augmentations import random_scale_crop
from hembench.augmentations.random_scale_crop import IGNORED, build
from hembench.core.errors import InputError


def drawn(flip: bool, top: float, left: float, scale: float) -> random_scale_crop.Drawn:
    return (torch.tensor([flip]), *(torch.tensor([each], dtype=torch.float64) for each in (top, left, scale)))


PICTURE = torch.arange(12, dtype=torch.uint8).reshape(1, 1, 3, 4)


def test_scale_one_and_the_whole_picture_change_nothing_and_a_flip_mirrors() -> None:
    made = build(flip=True)
    assert torch.equal(made.apply(PICTURE, drawn(False, 0.3, 0.7, 1.0)), PICTURE)
    assert torch.equal(made.apply(PICTURE, drawn(True, 0.3, 0.7, 1.0)), PICTURE.flip(3))


def test_twice_as_large_by_hand() -> None:
    made = build(flip=False, height=2, width=4)
    found = made.apply(PICTURE, drawn(False, 0.0, 0.0, 2.0))
    assert found[0, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1]]


def test_what_is_outside_is_black_and_without_label() -> None:
    made = build(flip=False)
    half = drawn(False, 0.0, 0.0, 0.5)  # 1.5x2 pixels of 3x4, at the upper left
    assert made.apply(PICTURE + 1, half)[0, 0].tolist() == [[6, 8, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    labels = made.apply_to_labels(PICTURE[:, 0], half)[0]
    assert labels.tolist() == [[5, 7, *[IGNORED] * 2], [IGNORED] * 4, [IGNORED] * 4]


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_every_label_stays_with_its_pixel(seed: int, height: int, width: int) -> None:
    labels = torch.randint(0, 6, (5, 6, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    made = build(flip=True, height=height, width=width, smallest=0.3, largest=3.0)
    what = made.draw(5, torch.Generator().manual_seed(seed))
    pictures = made.apply(labels[:, None] + 1, what)
    found = made.apply_to_labels(labels, what)
    assert pictures.shape == (5, 1, height, width)
    expected = torch.where(pictures[:, 0] == 0, IGNORED, pictures[:, 0] - 1)
    assert torch.equal(found, expected.to(torch.uint8))
    assert (what[3] >= 0.3).all()
    assert (what[3] <= 3.0).all()


def test_a_range_of_scales_goes_up() -> None:
    with pytest.raises(InputError, match=r"smallest 2 is above largest 1\.5"):
        build(flip=False, smallest=2.0)
