"""Swin Transformer V2 (Liu et al. 2022), torchvision's tiny one: the paper's SwinT (Table 2)."""

from __future__ import annotations

from torch import nn

from hembench.core.vision import import_torchvision
from hembench.networks._channels import require_rgb


def build(num_classes: int, image_shape: tuple[int, int, int]) -> nn.Module:
    """Return torchvision's network: 28,351,570 parameters with 1,000 classes, as the paper counts.

    Stochastic depth rises to 0.2. Initial weights are torchvision's.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes, with three channels; it returns logits
            (N, num_classes).

    Raises:
        InputError: images have not three channels.
    """
    require_rgb("swin_v2", image_shape)
    network: nn.Module = import_torchvision().models.swin_v2_t(num_classes=num_classes)
    return network
