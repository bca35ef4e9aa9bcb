"""Feature pyramid network for segmentation (Kirillov et al. 2019) with one of four encoders (paper A.4)."""

from __future__ import annotations

from typing import Literal

from torch import nn

from hembench.core.errors import InputError
from hembench.core.vision import import_torchvision
from hembench.networks._channels import require_rgb

STRIDE = 32
"""Of the encoders: sides are multiples of it."""


def build(
    num_classes: int,
    image_shape: tuple[int, int, int],
    *,
    encoder: Literal["resnet34", "efficientnet-b4", "densenet201", "resnext50_32x4d"] = "resnet34",
) -> nn.Module:
    """Return the network of segmentation-models-pytorch, with weights drawn at random: nothing is downloaded.

    Parameters with 11 classes (129 more for each further one): resnet34 23,156,683; efficientnet-b4 19,353,043;
    densenet201 20,866,059; resnext50_32x4d 25,589,195. Three tensors at the end of efficientnet-b4 are never used.
    The encoders normalise by batch, so that training needs more than one image where sides are 32 pixels; the
    decoder drops a fifth of its masks in training. On a GPU, the bilinear enlarging has no deterministic kernel.

    Args:
        num_classes: outputs for each pixel.
        image_shape: (3, H, W) of the float images in [0, 1] that it takes, sides multiples of 32; it returns
            logits (N, num_classes, H, W), and takes other multiples of 32, too.
        encoder: its first half, as the library names it.

    Raises:
        InputError: images have not three channels, or sides that are no multiples of 32.
    """
    require_rgb("fpn", image_shape)
    if any(side % STRIDE for side in image_shape[1:]):
        raise InputError(
            f"fpn: images of {list(image_shape)}: it takes sides that are multiples of {STRIDE}. Pad them."
        )
    import_torchvision()  # which the library imports: first, so that it can be where its operators can't
    from segmentation_models_pytorch import FPN

    network: nn.Module = FPN(encoder, encoder_weights=None, in_channels=3, classes=num_classes)
    return network
