"""Less-forgetting learning (Jung et al. 2016): features stay near to those before, the last layer stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch.nn.functional as F
from torch import nn

from hembench.core.errors import InputError
from hembench.strategies._strategy import Learner
from hembench.strategies._teacher import Taught

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Annotated

    from annotated_types import Ge
    from torch import Tensor


class LessForgetting(Taught):
    """total = loss + strength * mean((features - features of the teacher)^2), mean over batch and features.

    Features: what the last fully connected layer takes. That layer is frozen for good when the first episode ends;
    in class-incremental splits its rows for later classes are what the first episode made of them.
    """

    def __init__(self, learner: Learner, strength: float, student: str) -> None:
        super().__init__(learner)
        self.strength, self.student = strength, student
        self.layer = last_layer(learner.model)
        self._seen = _Input(self.layer)
        self._seen_by_teacher = _Input(last_layer(self.teacher))

    def joined(self, samples: Tensor, epoch: int, step: int) -> Tensor:
        """Return the batch as it is."""
        if self.student == "eval" and self.finished:
            self.learner.model.eval()
        return super().joined(samples, epoch, step)

    def total(self, loss: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """Return the loss and the penalty, which is 0 in the first episode."""
        del logits
        features = self._seen.taken()
        if self.finished == 0:
            return loss
        self.taught(images)
        return loss + self.strength * F.mse_loss(features, self._seen_by_teacher.taken())

    def learn_from(self, batches: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """Take the teacher over and freeze the last layer."""
        self.layer.requires_grad_(False)
        return super().learn_from(batches)

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with the teacher of ``state``, the last layer as frozen as it was."""
        super().restore(state)
        self.layer.requires_grad_(self.finished == 0)


class _Input:
    """Keeps the last input of a layer until it is asked for."""

    def __init__(self, layer: nn.Module) -> None:
        self._kept: Tensor | None = None
        layer.register_forward_pre_hook(self._keep)

    def _keep(self, layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        del layer
        self._kept = given[0]

    def taken(self) -> Tensor:
        """Return it, and keep it no longer.

        Raises:
            InputError: the layer was not used.
        """
        kept, self._kept = self._kept, None
        if kept is None:
            raise InputError("lfl: the network did not use its last fully connected layer.")
        return kept


def last_layer(model: nn.Module) -> nn.Linear:
    """Return the last fully connected layer of a network.

    Raises:
        InputError: it has none.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    if not layers:
        raise InputError(
            "lfl: the network has no fully connected layer, whose input it could hold on to: use another network."
        )
    return layers[-1]


def build(
    learner: Learner, *, strength: Annotated[float, Ge(0)] = 1e-4, student: Literal["train", "eval"] = "train"
) -> LessForgetting:
    """Return the strategy.

    Args:
        learner: the training.
        strength: lambda_e, of the mean square.
        student: the network's mode from the second episode on: train, or eval (Avalanche's: dropout is off and
            normalisation stays as it is).

    Raises:
        InputError: an option out of range, or the network has no fully connected layer.
    """
    if strength < 0 or student not in ("train", "eval"):
        raise InputError(
            f"lfl: strength={strength}, student={student!r}: expected at least 0, and 'train' or 'eval'."
        )
    return LessForgetting(learner, strength, student)
