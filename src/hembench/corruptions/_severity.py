"""What corruptions share: the strength of a severity, and images as fractions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hembench.core.errors import InputError


def strength(name: str, table: Mapping[int, float], severity: int) -> float:
    """Return the constant of ``severity``.

    Raises:
        InputError: the table has no such severity.
    """
    if severity not in table:
        raise InputError(f"{name}: no severity {severity!r}; it has {', '.join(map(str, table))}.")
    return table[severity]


def as_fractions(images: np.ndarray) -> np.ndarray:
    """Return uint8 images (N, C, H, W) as float64 in [0, 1].

    Raises:
        InputError: another dtype or shape.
    """
    if images.dtype != np.uint8 or images.ndim != 4:
        raise InputError(f"images: expected uint8 (N, C, H, W), got {images.dtype} {images.shape}.")
    fractions: np.ndarray = images / 255.0
    return fractions


def as_bytes(fractions: np.ndarray) -> np.ndarray:
    """Return fractions, clipped to [0, 1], as uint8."""
    images: np.ndarray = np.rint(fractions.clip(0, 1) * 255).astype(np.uint8)
    return images


def checked(name: str, images: np.ndarray, severity: int) -> np.ndarray:
    """Return uint8 images (N, C, H, W) as float64 in [0, 1], for a corruption whose one severity is 1.

    Raises:
        InputError: another severity, dtype or shape.
    """
    strength(name, {1: 1.0}, severity)
    return as_fractions(images)
