"""One episode of a continual learning benchmark: which classes, and how their images are changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hembench.core.errors import InputError


@dataclass(frozen=True)
class Episode:
    """A part of a data-set, the same part of its training and of its test set.

    Attributes:
        classes: the classes that are learnt, as the data-set numbers them.
        pixels: pixel i of a changed image is pixel ``pixels[i]`` of the original, all channels alike; (H * W,).
            None: images are as they are.
    """

    classes: tuple[int, ...]
    pixels: npt.NDArray[np.int64] | None = None

    def numbers(self, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the numbers of the images that are part of the episode, ascending, by their labels (N,)."""
        return np.flatnonzero(np.isin(labels, self.classes))

    def changed(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return images (N, C, H, W) as the episode has them."""
        if self.pixels is None:
            return images
        count, channels, *_ = images.shape
        flat = images.reshape(count, channels, -1)
        return np.ascontiguousarray(flat[:, :, self.pixels]).reshape(images.shape)


def shares(number: int, episodes: int, benchmark: str) -> int:
    """Return how many classes an episode has.

    Raises:
        InputError: ``number`` classes can't be shared equally by so many episodes.
    """
    if episodes < 2 or number % episodes or number == episodes:
        raise InputError(
            f"{benchmark}: episodes={episodes}: expected at least 2, among which {number} classes can be shared "
            "equally, at least two each."
        )
    return number // episodes
