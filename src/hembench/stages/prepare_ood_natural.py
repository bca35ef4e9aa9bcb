"""prepare a natural OOD set: the test images of another data-set, brought to the shape that the networks take.

Reads: that data-set's test set. Writes ``set.npz``: images uint8 (N, C, H, W), all N of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from hembench.core.errors import DataError
from hembench.store.content import arrays, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Adapt the images; nothing is random, and every image is used.

    Args:
        inputs: artefact "natural" (the prepared test set of the other data-set).
        options: "dataset" (that the networks are trained on), "ood" (name of the other, options of ``adapt``),
            "image_shape" ([C, H, W] of the networks' input).

    Raises:
        DataError: the images have neither one nor three channels, or the networks do not.
    """
    images = read_arrays(inputs.folders["natural"] / "set.npz")["images"]
    inputs.progress(0.0, f"{options['ood']['name']}: {len(images)} images")
    channels, height, width = options["image_shape"]
    return {"set.npz": arrays(images=adapt(images, (channels, height, width), **options["ood"]["options"]))}


def adapt(images: np.ndarray, image_shape: tuple[int, int, int], *, invert: bool = False) -> np.ndarray:
    """Return images in another shape: colours first, then the short side resized, then the centre cut out.

    Grey is repeated for each colour; colours become grey by the weights of ITU-R 601-2. The resizing is Pillow's
    bilinear one, which averages over an area where it makes images smaller. Images that have the shape
    already keep their bytes.

    Args:
        images: uint8 (N, c, h, w) with c of 1 or 3.
        image_shape: (C, H, W) with C of 1 or 3.
        invert: turn black to white and white to black, for sets whose ink has the other polarity.

    Returns:
        uint8 (N, C, H, W).

    Raises:
        DataError: another number of channels.
    """
    channels, height, width = image_shape
    if images.shape[1] not in (1, 3) or channels not in (1, 3):
        raise DataError(
            f"OOD set of natural images: {images.shape[1]} channels can't be brought to {channels}; 1 (grey) and "
            "3 (red, green, blue) can."
        )
    adapted = np.empty((len(images), channels, height, width), dtype=np.uint8)
    for number, image in enumerate(images):
        whole = _in_colours(image, channels)
        cut = np.asarray(_resized(whole, height, width))
        adapted[number] = cut[np.newaxis] if channels == 1 else cut.transpose(2, 0, 1)
    return 255 - adapted if invert else adapted


def _in_colours(image: np.ndarray, channels: int) -> Image.Image:
    """Return an image (c, h, w) as grey (1) or coloured (3)."""
    whole = Image.fromarray(image[0]) if len(image) == 1 else Image.fromarray(np.moveaxis(image, 0, 2).copy())
    return whole.convert("L" if channels == 1 else "RGB")


def _resized(image: Image.Image, height: int, width: int) -> Image.Image:
    """Return the centre (height, width) of an image that was resized until it just covers them."""
    scale = max(height / image.height, width / image.width)
    size = (max(width, round(image.width * scale)), max(height, round(image.height * scale)))
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return image.crop((left, top, left + width, top + height))
