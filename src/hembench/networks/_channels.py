"""What torchvision's networks ask of images."""

from __future__ import annotations

from hembench.core.errors import InputError


def require_rgb(network: str, image_shape: tuple[int, int, int]) -> None:
    """Refuse images that have not three channels.

    Raises:
        InputError: ``image_shape`` (C, H, W) has another C than 3.
    """
    if image_shape[0] != 3:
        raise InputError(f"{network}: images with {image_shape[0]} channels: it takes three. Use another network.")
