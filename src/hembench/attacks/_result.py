"""What an attack gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

UNFOOLED = -1
"""``fooled_by`` of an image that was right before and that nothing flipped: the clean image came back."""

WRONG_BEFORE = -2
"""``fooled_by`` of an image that was wrong before, so it was not attacked: the clean image came back."""


@dataclass(frozen=True)
class Attacked:
    """A batch after an attack.

    Attributes:
        images: float32 (N, C, H, W) in [0, 1], within the budget of the clean ones.
        fooled_by: int8 (N,): index into the attack's ``ATTACKS`` of the part that flipped the image, or one of
            ``UNFOOLED`` and ``WRONG_BEFORE``.
        attacks: names of the parts, in the order of ``fooled_by``.
        flags: doubts per image, bool (N,) by name; their shares over the attacked images go into the result.
    """

    images: Tensor
    fooled_by: Tensor
    attacks: tuple[str, ...]
    flags: dict[str, Tensor] = field(default_factory=dict)
