"""Flip and random crop of a whole batch on its device; the draws come from the CPU, so they agree everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from hembench.core.streams import seed_of

if TYPE_CHECKING:
    from torch import Tensor


def draw(
    options: dict[str, Any], count: int, condition: str, seed: int, epoch: int, step: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what happens to each image of a batch, on the CPU.

    Drawn from the stream (condition, seed, "augment", epoch, step). All three are always drawn, in the same
    order, so that switching the flip on or off leaves the crops as they were.

    Args:
        options: ``flip`` (mirror half of the images) and ``crop_padding`` (pixels added on each side).
        count: images in the batch.
        condition: name of the condition.
        seed: seed of the cell.
        epoch: epochs completed.
        step: position in the epoch.

    Returns:
        flips bool (N,), and the crops' top and left edge in the padded image, int64 (N,) in [0, 2 * padding].
    """
    generator = torch.Generator().manual_seed(seed_of(condition, seed, "augment", epoch, step))
    top, left = torch.randint(2 * options["crop_padding"] + 1, (2, count), generator=generator)
    mirrored = torch.rand(count, generator=generator) < 0.5
    return mirrored & bool(options["flip"]), top, left


def apply(images: Tensor, flips: Tensor, top: Tensor, left: Tensor, padding: int) -> Tensor:
    """Return a batch (N, C, H, W), each image padded with zeros, cropped back to its size, then mirrored.

    Args:
        images: any dtype (N, C, H, W).
        flips: bool (N,) on the images' device: mirror left and right.
        top: int64 (N,): first row of the crop in the padded image.
        left: int64 (N,): its first column.
        padding: zeros added on each side.
    """
    if padding:
        height, width = images.shape[2:]
        padded = F.pad(images, (padding, padding, padding, padding))
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view: (N, C, 2p+1, 2p+1, H, W)
        images = windows[torch.arange(len(images), device=images.device), :, top, left]
    return torch.where(flips[:, None, None, None], images.flip(3), images)
