"""derive: how often each class occurs in a training set with a label for each pixel, in one of three units.

The margins of HEM and HEM+ and the offsets of LA are made of the number of training samples of a class. The paper
does not say what a sample is where every pixel has a label (docs/decisions.md).

Reads: a prepared training set. Writes ``counts.npz``: counts float64 (C,).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hembench.core.errors import InputError
from hembench.store.content import arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1

Unit = Literal["pixel", "pixel_per_image", "image"]


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Count, image by image.

    Args:
        inputs: artefact "train", whose images have their labels as last channel; plug-in "read_set".
        options: "num_classes", "ignored" (label of pixels that are not counted), "unit".
    """
    images = inputs.plugins["read_set"](inputs.folders["train"])["images"]
    labels = (np.asarray(images[number : number + 1])[0, -1] for number in range(len(images)))
    return {
        "counts.npz": arrays(
            counts=class_counts(labels, options["num_classes"], options["unit"], options["ignored"])
        )
    }


def class_counts(labels: Iterable[np.ndarray], num_classes: int, unit: Unit, ignored: int = 255) -> np.ndarray:
    """Return the number of samples of each class: float64 (C,).

    - pixel: pixels of the class, over all images.
    - pixel_per_image: pixels of the class divided by the number of images.
    - image: images with a pixel of the class.

    Args:
        labels: of one image after the other, or an array (N, H, W): whole numbers in [0, num_classes) or
            ``ignored``.
        num_classes: C.
        unit: one of the three.
        ignored: label of pixels that are not counted.

    Raises:
        InputError: there is no such unit, no image, or another label.
    """
    if unit not in ("pixel", "pixel_per_image", "image"):
        raise InputError(f"unit={unit!r}: expected pixel, pixel_per_image or image.")
    pixels = np.zeros(num_classes, dtype=np.int64)
    images = np.zeros(num_classes, dtype=np.int64)
    count = 0
    for of_image in labels:
        found = np.bincount(of_image[of_image != ignored].reshape(-1), minlength=num_classes)
        if len(found) > num_classes:
            raise InputError(
                f"labels: image {count} has the label {len(found) - 1}, expected 0 to {num_classes - 1}, or "
                f"{ignored} (ignored)."
            )
        pixels += found
        images += found > 0
        count += 1
    if not count:
        raise InputError("labels: no images to count the classes of.")
    if unit == "image":
        return images.astype(np.float64)
    return pixels / (1 if unit == "pixel" else count)
