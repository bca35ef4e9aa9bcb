"""Random crop and flip of pictures and, alike, of their labels for each pixel: a whole batch on its device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from annotated_types import Ge

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from torch import Generator, Tensor

OF_LABELS = True
"""Labels for each pixel are changed with their pictures."""

Drawn = tuple["Tensor", "Tensor", "Tensor"]
"""flips bool (N,), and where the crops lie between top and bottom, left and right: float64 (N,) in [0, 1)."""


def build(
    *, flip: bool, height: Annotated[int, Ge(1)] | None = None, width: Annotated[int, Ge(1)] | None = None
) -> RandomCrop:
    """Return the augmentation.

    Args:
        flip: mirror left to right with probability 1/2.
        height: rows that are cut out at random; null: all.
        width: columns; null: all.
    """
    return RandomCrop(flip, height, width)


@dataclass(frozen=True)
class RandomCrop:
    """Draws what happens to each picture, then does it to all at once, and to their labels."""

    flip: bool
    height: int | None
    width: int | None

    def draw(self, count: int, generator: Generator) -> Drawn:
        """Return what happens to each of ``count`` pictures, on the CPU.

        All three are always drawn, in the same order, so that an option leaves the other draws as they were.
        """
        top, left = torch.rand((2, count), generator=generator, dtype=torch.float64)
        mirrored = torch.rand(count, generator=generator) < 0.5
        return mirrored & self.flip, top, left

    def apply(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return a batch (N, C, H, W) of any dtype as (N, C, height, width), each picture cropped, then mirrored.

        Args:
            images: the batch.
            drawn: what :meth:`draw` returned for it, on the images' device.

        Raises:
            InputError: the pictures are smaller than the crop.
        """
        rows, columns = self._places(images, drawn)
        samples = torch.arange(len(images), device=images.device)[:, None, None]
        # With the channels between two indices torch puts them last.
        return images[samples, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()

    def apply_to_labels(self, labels: Tensor, drawn: Drawn) -> Tensor:
        """Return labels (N, H, W) as (N, height, width): every label stays with its pixel.

        Args:
            labels: of the pictures.
            drawn: what their pictures were changed by.

        Raises:
            InputError: see :meth:`apply`.
        """
        return self.apply(labels.unsqueeze(1), drawn).squeeze(1)

    def _places(self, images: Tensor, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Return the row and the column that each place of the crops is taken from: (N, height), (N, width)."""
        flips, top, left = drawn
        rows = _run(images.shape[2], self.height or images.shape[2], top)
        columns = _run(images.shape[3], self.width or images.shape[3], left)
        return rows, torch.where(flips[:, None], columns.flip(1), columns)


def _run(side: int, kept: int, place: Tensor) -> Tensor:
    """Return ``kept`` neighbouring numbers below ``side`` for each place in [0, 1): int64 (N, kept).

    Every start from 0 to side - kept has an equal part of the places.
    """
    if kept > side:
        raise InputError(f"random_crop: can't cut {kept} out of {side} pixels. Take a smaller height or width.")
    start = (place * (side - kept + 1)).long()
    return start[:, None] + torch.arange(kept, device=place.device)
