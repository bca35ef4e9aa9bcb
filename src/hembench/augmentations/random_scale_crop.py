"""Random scale, crop and flip of pictures and, alike, of their labels for each pixel: a batch on its device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from annotated_types import Ge, Gt

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from torch import Generator, Tensor

OF_LABELS = True
"""Labels for each pixel are changed with their pictures."""

IGNORED = 255
"""Label of what lies outside of a picture; it is black."""

Drawn = tuple["Tensor", "Tensor", "Tensor", "Tensor"]
"""flips bool (N,); where the crops lie between top and bottom, left and right: float64 (N,) in [0, 1); scales: how
large a pixel of the picture becomes, float64 (N,)."""


def build(
    *,
    flip: bool,
    height: Annotated[int, Ge(1)] | None = None,
    width: Annotated[int, Ge(1)] | None = None,
    smallest: Annotated[float, Gt(0)] = 0.5,
    largest: Annotated[float, Gt(0)] = 1.5,
) -> RandomScaleCrop:
    """Return the augmentation.

    Args:
        flip: mirror left to right with probability 1/2.
        height: rows of the crop; null: as many as the picture has.
        width: columns; null: as many as the picture has.
        smallest: least factor of the scale; where the scaled picture is smaller than the crop, the rest is black
            and without label. The example of segmentation-models-pytorch has 0.5.
        largest: greatest factor; there 1.5.

    Raises:
        InputError: ``smallest`` is above ``largest``.
    """
    if smallest > largest:
        raise InputError(f"random_scale_crop: smallest {smallest:g} is above largest {largest:g}.")
    return RandomScaleCrop(flip, height, width, smallest, largest)


@dataclass(frozen=True)
class RandomScaleCrop:
    """Draws what happens to each picture, then does it to all at once, and to their labels.

    Every pixel of a crop is that of the picture which its centre falls into: exact, and the same on every device.
    """

    flip: bool
    height: int | None
    width: int | None
    smallest: float
    largest: float

    def draw(self, count: int, generator: Generator) -> Drawn:
        """Return what happens to each of ``count`` pictures, on the CPU; all is always drawn, in one order."""
        top, left, scale = torch.rand((3, count), generator=generator, dtype=torch.float64)
        mirrored = torch.rand(count, generator=generator) < 0.5
        return mirrored & self.flip, top, left, self.smallest + (self.largest - self.smallest) * scale

    def apply(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return a batch (N, C, H, W) of any dtype as (N, C, height, width), 0 outside of the pictures.

        Args:
            images: the batch.
            drawn: what :meth:`draw` returned for it, on the images' device.
        """
        return self._changed(images, drawn, 0)

    def apply_to_labels(self, labels: Tensor, drawn: Drawn) -> Tensor:
        """Return labels (N, H, W) as (N, height, width): every label stays with its pixel, ``IGNORED`` outside.

        Args:
            labels: of the pictures.
            drawn: what their pictures were changed by.
        """
        return self._changed(labels.unsqueeze(1), drawn, IGNORED).squeeze(1)

    def _changed(self, images: Tensor, drawn: Drawn, outside: int) -> Tensor:
        flips, top, left, scale = drawn
        rows, in_rows = _run(images.shape[2], self.height or images.shape[2], top, scale)
        columns, in_columns = _run(images.shape[3], self.width or images.shape[3], left, scale)
        columns = torch.where(flips[:, None], columns.flip(1), columns)
        in_columns = torch.where(flips[:, None], in_columns.flip(1), in_columns)
        samples = torch.arange(len(images), device=images.device)[:, None, None]
        # With the channels between two indices torch puts them last.
        found = images[samples, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
        inside = in_rows[:, None, :, None] & in_columns[:, None, None, :]
        return torch.where(inside, found, torch.full_like(found, outside)).contiguous()


def _run(side: int, kept: int, place: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Return the row (or column) that each place of the crops is from, int64 (N, kept), and whether it is one.

    Args:
        side: rows of the pictures.
        kept: rows of the crops.
        place: of the crops between first and last, in [0, 1), (N,); of a crop that is larger than the scaled
            picture that of the picture in it.
        scale: factors, (N,).
    """
    start = place * (side * scale - kept)
    centres = start[:, None] + torch.arange(kept, device=place.device) + 0.5
    found = (centres / scale[:, None]).floor().long()
    return found.clamp(0, side - 1), (found >= 0) & (found < side)
