"""Vision Transformer (Dosovitskiy et al. 2021), torchvision's ViT-B/16 (Table 2)."""

from __future__ import annotations

from torch import nn

from hembench.core.errors import InputError
from hembench.core.vision import import_torchvision
from hembench.networks._channels import require_rgb

PATCH = 16
"""Pixels of a patch's side."""


def build(num_classes: int, image_shape: tuple[int, int, int]) -> nn.Module:
    """Return torchvision's network: 86,567,656 parameters with 224x224 images and 1,000 classes, as in the paper.

    No dropout. Initial weights are torchvision's: those of the last layer are zero.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes: three channels, square; it returns
            logits (N, num_classes).

    Raises:
        InputError: images that have not three channels, are not square, or whose side is no multiple of 16.
    """
    require_rgb("vit", image_shape)
    _, height, width = image_shape
    if height != width or height % PATCH:
        raise InputError(f"vit: images of {height}x{width} pixels: expected squares, the side a multiple of 16.")
    network: nn.Module = import_torchvision().models.vit_b_16(image_size=height, num_classes=num_classes)
    return network
