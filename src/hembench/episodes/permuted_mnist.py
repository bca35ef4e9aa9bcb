"""PermutedMNIST: all ten digits, their pixels in another order in each episode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.episodes._permuted import permuted

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge

    from hembench.episodes._episode import Episode

NAME = "permuted_mnist"
DATASET = "mnist"
INCREMENTAL = ("domain",)
"""How the episodes can be learnt and tested: one head for the classes that all episodes have."""

MEAN = (0.1307,)
STD = (0.3081,)
"""Of all pixels of the training images in [0, 1], by channel: Avalanche's for MNIST."""


def divide(
    seed: int,
    num_classes: int,
    image_shape: tuple[int, int, int],
    *,
    episodes: Annotated[int, Ge(2)] = 5,
) -> list[Episode]:
    """Return the episodes in the order in which they are learnt; they know no loss and no strategy.

    Args:
        seed: seed of the cell.
        num_classes: classes of the data-set, all of them in every episode.
        image_shape: (C, H, W).
        episodes: their number; paper A.3: five everywhere.

    Raises:
        InputError: fewer than two episodes.
    """
    return permuted(NAME, seed, num_classes, image_shape, episodes)
