"""What every task asks of a training set of labelled images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hembench.engine.samples import Streamable


def check_training_set(
    images: npt.NDArray[np.uint8] | Streamable, labels: npt.NDArray[np.int64], options: dict[str, Any]
) -> None:
    """Refuse images (N, C, H, W) and labels (N,) that don't fit each other, image_shape or num_classes.

    Raises:
        InputError: they don't.
    """
    if list(images.shape[1:]) != list(options["image_shape"]) or labels.shape != images.shape[:1]:
        raise InputError(
            f"the training set has images {images.shape} and labels {labels.shape}; "
            f"expected (N, {', '.join(map(str, options['image_shape']))}) and (N,)."
        )
    if labels.min() < 0 or labels.max() >= options["num_classes"]:
        raise InputError(
            f"the training labels lie in [{labels.min()}, {labels.max()}]; expected [0, {options['num_classes']})."
        )
