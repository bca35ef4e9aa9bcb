"""The network as it was after the episode before: what LwF and LFL hold the new one to."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch

from hembench.core.tensors import copied
from hembench.strategies._strategy import Learner, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor


class Taught(Strategy):
    """A strategy with a teacher: a frozen copy of the network from the end of the previous episode.

    Attributes:
        teacher: has the network's weights from the end of the last finished episode on; it is in evaluation mode,
            so its normalisation and dropout stay as they are.
    """

    def __init__(self, learner: Learner) -> None:
        super().__init__(learner)
        self.teacher = copy.deepcopy(learner.model).requires_grad_(False).eval()

    def learn_from(self, batches: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """Teach from now on as the network is now."""
        del batches
        self.teacher.load_state_dict(self.learner.model.state_dict())
        return {}

    @torch.no_grad()
    def taught(self, images: Tensor) -> Tensor:
        """Return the teacher's logits (N, num_classes)."""
        logits: Tensor = self.teacher(images)
        return logits

    def state(self) -> dict[str, Any]:
        """Return the teacher too."""
        return {**super().state(), "teacher": copied(self.teacher.state_dict())}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with the teacher of ``state``."""
        super().restore(state)
        self.teacher.load_state_dict(state["teacher"])
