"""Images as training and prediction take them: on the device, all of them, or streamed as they are needed.

What fits into memory is a tensor. What does not brings its own way (:class:`Stream`), which is in the key of those
jobs alone that read such a set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import numpy.typing as npt
    from torch import Tensor


class Stream(Protocol):
    """Images uint8 (N, C, H, W) that are read as they are needed; a tensor as far as training looks at it."""

    device: torch.device
    dtype: torch.dtype
    shape: torch.Size

    def __len__(self) -> int:
        """N."""

    def dim(self) -> int:
        """4."""

    def order(self, generator: torch.Generator) -> Tensor:
        """Return the order of an epoch, int64 (N,), on the CPU."""

    def batches(self, samples: Sequence[Tensor]) -> Generator[Tensor]:
        """Yield the images of each batch of sample numbers on the device."""


class Streamable(Protocol):
    """Images uint8 (N, C, H, W) that fit no memory."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, C, H, W)."""

    def __len__(self) -> int:
        """N."""

    def on_device(self, device: torch.device) -> Stream:
        """Return them for use on ``device``."""


def on_device(images: npt.NDArray[np.uint8] | Streamable, device: torch.device) -> Tensor | Stream:
    """Return images, uint8 (N, C, H, W), for use on ``device``: moved there, or to be streamed."""
    return torch.from_numpy(images).to(device) if isinstance(images, np.ndarray) else images.on_device(device)


def order_of(images: Tensor | Stream, generator: torch.Generator) -> Tensor:
    """Return the order in which an epoch takes images, int64 (N,), on the CPU."""
    if isinstance(images, torch.Tensor):
        return torch.randperm(len(images), generator=generator)
    return images.order(generator)


def batches_of(images: Tensor | Stream, samples: Sequence[Tensor]) -> Generator[Tensor]:
    """Yield the images of each batch of sample numbers, uint8 (n, C, H, W), on their device.

    Of a set in shards each shard is read once, if the numbers come as :func:`order_of` has them, or in order. Who
    stops before the end closes the generator.
    """
    if isinstance(images, torch.Tensor):
        for numbers in samples:
            yield images[numbers]
    else:
        yield from images.batches(samples)


def in_order(images: Tensor | Stream, batch_size: int) -> Generator[Tensor]:
    """Yield images in batches, in their order, on their device."""
    if isinstance(images, torch.Tensor):
        yield from torch.split(images, batch_size)
    else:
        yield from images.batches(torch.split(torch.arange(len(images)), batch_size))
