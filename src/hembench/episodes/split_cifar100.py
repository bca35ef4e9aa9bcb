"""SplitCIFAR100: twenty classes an episode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.episodes._split import split

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge

    from hembench.episodes._episode import Episode

NAME = "split_cifar100"
DATASET = "cifar100"
INCREMENTAL = ("class", "task")
"""How the episodes can be learnt and tested: one head for all classes, or one for each episode."""

MEAN = (0.5071, 0.4865, 0.4409)
STD = (0.2673, 0.2564, 0.2762)
"""By channel, of values in [0, 1]: Avalanche's for CIFAR100."""


def divide(
    seed: int,
    num_classes: int,
    image_shape: tuple[int, int, int],  # noqa: ARG001  (same call for every benchmark)
    *,
    episodes: Annotated[int, Ge(2)] = 5,
) -> list[Episode]:
    """Return the episodes in the order in which they are learnt; they know no loss and no strategy.

    Args:
        seed: seed of the cell.
        num_classes: classes of the data-set.
        image_shape: not used: images are as they are.
        episodes: their number; paper A.3: five everywhere.

    Raises:
        InputError: the classes can't be shared equally by so many episodes.
    """
    return split(NAME, seed, num_classes, episodes)
