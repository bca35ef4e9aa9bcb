"""MobileNetV3 (Howard et al. 2019), torchvision's: the paper's MobileNetS and MobileNetL (Table 2)."""

from __future__ import annotations

from typing import Literal

from torch import nn

from hembench.core.vision import import_torchvision
from hembench.networks._channels import require_rgb


def build(
    num_classes: int, image_shape: tuple[int, int, int], *, size: Literal["small", "large"] = "small"
) -> nn.Module:
    """Return torchvision's network, unmodified: 32x32 images are down to one position at its end.

    1,528,106 parameters (small, 10 classes) and 4,330,132 (large, 100 classes), as the paper counts.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes, with three channels; it returns logits
            (N, num_classes).
        size: "small" or "large".

    Raises:
        InputError: images have not three channels.
    """
    require_rgb("mobilenet_v3", image_shape)
    models = import_torchvision().models
    make = models.mobilenet_v3_small if size == "small" else models.mobilenet_v3_large
    network: nn.Module = make(num_classes=num_classes)
    return network
