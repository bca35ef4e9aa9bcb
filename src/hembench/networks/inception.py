"""Inception v3 (Szegedy et al. 2016) for small images: the paper's for TinyImageNet (Table 2)."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import nn

from hembench.core.errors import InputError
from hembench.core.vision import import_torchvision

SIDE = 64
"""Pixels of an image's side: the auxiliary head's convolution fits the maps of this size alone."""


def build(
    num_classes: int, image_shape: tuple[int, int, int], *, auxiliary_weight: Annotated[float, Ge(0)] = 0.4
) -> nn.Module:
    """Return torchvision's network without its early shrinking, and with a smaller kernel in the auxiliary head.

    Left out are both max-poolings and the two convolutions between them, so the first mixed block takes 64 masks;
    the auxiliary head's last convolution is 4x4. 23,851,600 trainable parameters with 200 classes; the paper's
    23,995,504 count the two convolutions (143,904), which it skips. Weights are drawn as torchvision draws them.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes: 3 x 64 x 64. It returns logits
            (N, num_classes); in training mode (logits, those of the auxiliary head).
        auxiliary_weight: how much the auxiliary head's loss counts in training. The paper does not state it; 0.4
            is torchvision's reference.

    Raises:
        InputError: images are not 3 x 64 x 64.
    """
    if tuple(image_shape) != (3, SIDE, SIDE):
        raise InputError(f"inception: images of {list(image_shape)}: it takes [3, {SIDE}, {SIDE}].")
    models = import_torchvision().models
    parts = models.inception
    network: nn.Module = models.inception_v3(num_classes=num_classes, aux_logits=True, init_weights=False)
    for name in ("maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "maxpool2"):
        setattr(network, name, nn.Identity())
    network.Mixed_5b = parts.InceptionA(64, pool_features=32)
    network.get_submodule("AuxLogits").conv1 = parts.BasicConv2d(128, 768, kernel_size=4)
    network.apply(_drawn)
    network.auxiliary_weight = auxiliary_weight  # type: ignore[assignment]
    return network


def _drawn(module: nn.Module) -> None:
    """Draw weights as torchvision's constructor does: a truncated normal, narrow where a layer asks for it."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.trunc_normal_(module.weight, std=float(getattr(module, "stddev", 0.1)), a=-2, b=2)
