"""Random crop and flip of a whole batch on its device: what the paper does to CIFAR and TinyImageNet (A.1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
import torch.nn.functional as F
from annotated_types import Ge

if TYPE_CHECKING:
    from torch import Generator, Tensor

Drawn = tuple["Tensor", "Tensor", "Tensor"]
"""flips bool (N,), and the crops' top and left edge in the padded image, int64 (N,) in [0, 2 * crop_padding]."""


def build(*, flip: bool, crop_padding: Annotated[int, Ge(0)]) -> CropAndFlip:
    """Return the augmentation.

    Args:
        flip: mirror left to right with probability 1/2.
        crop_padding: pad by so many pixels (zeros) on each side, crop at random; 0: none. The paper does not state
            it (docs/decisions.md).
    """
    return CropAndFlip(flip, crop_padding)


@dataclass(frozen=True)
class CropAndFlip:
    """Draws what happens to each image, then does it to all at once."""

    flip: bool
    crop_padding: int

    def draw(self, count: int, generator: Generator) -> Drawn:
        """Return what happens to each of ``count`` images, on the CPU.

        All three are always drawn, in the same order, so that switching the flip on or off leaves the crops as
        they were.
        """
        top, left = torch.randint(2 * self.crop_padding + 1, (2, count), generator=generator)
        mirrored = torch.rand(count, generator=generator) < 0.5
        return mirrored & self.flip, top, left

    def apply(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return a batch (N, C, H, W) of any dtype, each image padded, cropped back to its size, then mirrored.

        Args:
            images: the batch.
            drawn: what :meth:`draw` returned for it, on the images' device.
        """
        flips, top, left = drawn
        if self.crop_padding:
            padding = (self.crop_padding,) * 4
            height, width = images.shape[2:]
            windows = (
                F.pad(images, padding).unfold(2, height, 1).unfold(3, width, 1)
            )  # a view: (N, C, 2p+1, 2p+1, H, W)
            images = windows[torch.arange(len(images), device=images.device), :, top, left]
        return torch.where(flips[:, None, None, None], images.flip(3), images)
