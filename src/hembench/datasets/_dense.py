"""Pictures with a label for each pixel: decoded, padded, all at once or when they are asked for."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from hembench.core.errors import DataError
from hembench.datasets._pictures import decoded

IGNORED = 255
"""Label of pixels that take no part: void, unlabelled, and what pads a picture. No class has it."""


def picture(content: bytes, of: str) -> np.ndarray:
    """Return a picture in red, green and blue: uint8 (3, h, w).

    Raises:
        DataError: not a whole picture; the message names it by ``of``.
    """
    return np.asarray(decoded(content, of)).transpose(2, 0, 1)


def labels_in(content: bytes, known: np.ndarray, of: str) -> np.ndarray:
    """Return the labels in a grey picture of 8 bits: uint8 (h, w), classes or ``IGNORED``.

    Args:
        content: the picture.
        known: int (256,): what each value stands for: a class, ``IGNORED``, or -1 where it stands for nothing.
        of: what the picture is called in a message.

    Raises:
        DataError: not a whole picture of that kind, or a value that stands for nothing.
    """
    try:
        with Image.open(io.BytesIO(content)) as grey:
            values, mode = np.asarray(grey), grey.mode
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{of}: not a whole picture ({error}).") from None
    if mode != "L":
        raise DataError(f"{of}: has mode {mode}, expected L: labels as grey values of 8 bits.")
    return translated(values, known, of)


def translated(values: np.ndarray, known: np.ndarray, of: str) -> np.ndarray:
    """Return what the values of a picture stand for: uint8 (h, w); see :func:`labels_in`.

    Raises:
        DataError: a value stands for nothing.
    """
    labels: np.ndarray = known[values]
    if labels.min() < 0:
        strange = np.unique(values[labels < 0]).tolist()
        expected = np.flatnonzero(known >= 0).tolist()
        raise DataError(f"{of}: has labels {strange}, expected some of {expected}.")
    return labels.astype(np.uint8)


def padded(array: np.ndarray, shape: tuple[int, ...], value: int, of: str) -> np.ndarray:
    """Return a picture or its labels, (..., h, w), in the upper left corner of an array of another shape.

    Args:
        array: (3, h, w) or (h, w).
        shape: (3, H, W) or (H, W), with H at least h and W at least w.
        value: what the rest is filled with: 0 in pictures, ``IGNORED`` in labels.
        of: what the picture is called in a message.

    Raises:
        DataError: the picture is larger.
    """
    height, width = array.shape[-2:]
    if height > shape[-2] or width > shape[-1]:
        raise DataError(f"{of}: {width}x{height} pixels, expected at most {shape[-1]}x{shape[-2]}.")
    if array.shape == shape:
        return array
    full = np.full(shape, value, dtype=np.uint8)
    full[..., :height, :width] = array
    return full


class Decoded:
    """Arrays that are decoded when they are asked for: to its readers one uint8 array (N, ...).

    Sets that fit no memory are read from it piece by piece (``decoded[start:stop]``); ``np.asarray`` reads all.

    Args:
        decode: gives array i, uint8 of ``shape``; it may be fastest where i grows.
        count: N.
        shape: of each array.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, decode: Callable[[int], np.ndarray], count: int, shape: tuple[int, ...]) -> None:
        self._decode = decode
        self.shape = (count, *shape)
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: slice | np.ndarray) -> np.ndarray:
        """Return some of the arrays, by a slice or their numbers, int64 (n,): uint8 (n, ...).

        Raises:
            DataError: one is damaged, or other than its data-set promises.
        """
        numbers = range(*which.indices(len(self))) if isinstance(which, slice) else which.tolist()
        found = np.empty((len(numbers), *self.shape[1:]), dtype=np.uint8)
        for place, number in enumerate(numbers):
            found[place] = self._decode(number)
        return found

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self[:].astype(dtype or np.uint8, copy=False)


def check_dense(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    size: int,
    image_shape: tuple[int, int, int],
    num_classes: int,
    of: str,
) -> None:
    """Compare a dense set that was read with what its data-set's file promises.

    Args:
        images: uint8 (N, 3, H, W).
        labels: uint8 (N, H, W), in [0, num_classes) or ``IGNORED``.
        size: the promised N.
        image_shape: the promised (3, H, W).
        num_classes: number of classes, each of which must occur.
        of: what the set is called in the message.

    Raises:
        DataError: something differs; the message says what.
    """
    if images.dtype != np.uint8 or images.shape != (size, *image_shape):
        raise DataError(f"{of}: images are {images.dtype} {images.shape}, expected uint8 {(size, *image_shape)}.")
    if labels.dtype != np.uint8 or labels.shape != (size, *image_shape[1:]):
        raise DataError(
            f"{of}: labels are {labels.dtype} {labels.shape}, expected uint8 {(size, *image_shape[1:])}."
        )
    found = np.flatnonzero(np.bincount(labels.reshape(-1), minlength=IGNORED + 1)).tolist()
    if [value for value in found if value != IGNORED] != list(range(num_classes)):
        raise DataError(
            f"{of}: labels are {found}, expected every class from 0 to {num_classes - 1}, and {IGNORED} where a "
            "pixel takes no part."
        )
