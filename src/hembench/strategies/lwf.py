"""Learning without forgetting (Li & Hoiem 2016): on the new images, the old classes are to be seen as before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F

from hembench.core.errors import InputError
from hembench.strategies._strategy import Learner
from hembench.strategies._teacher import Taught

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Gt
    from torch import Tensor


class LearningWithoutForgetting(Taught):
    """total = a_k * loss + alpha_k * KL(softmax(teacher / T) || softmax(network / T)), k episodes finished.

    The divergence is the mean over the batch and over the units of classes already seen alone, the softmax
    renormalised over them; with separate heads it is the sum over the old heads. No factor T^2, as in Avalanche.
    """

    def __init__(self, learner: Learner, temperature: float, alpha: float | None, teacher: str) -> None:
        super().__init__(learner)
        self.temperature, self.alpha = temperature, alpha
        self._heads: dict[int, Tensor] = {}
        if teacher == "train":
            self.teacher.train()

    def total(self, loss: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """Return the weighted loss and penalty; in the first episode the loss."""
        if self.finished == 0:
            return loss
        k = self.finished
        alpha = k * k / (k + 1) if self.alpha is None else self.alpha
        weighted = loss / (k + 1) if self.alpha is None else loss
        return weighted + alpha * self.divergence(logits, self.taught(images))

    def divergence(self, logits: Tensor, taught: Tensor) -> Tensor:
        """Return the mean divergence of both (N, num_classes) on the units of old classes, a scalar."""
        heads = self._old_heads(logits.device)
        student, wanted = (
            F.log_softmax(each.index_select(1, heads.flatten()).view(-1, *heads.shape) / self.temperature, dim=2)
            for each in (logits, taught)
        )
        return F.kl_div(student, wanted, reduction="batchmean", log_target=True)

    def _old_heads(self, device: torch.device) -> Tensor:
        """Return the numbers of the units of the old heads, (heads, units), or of all old classes as one head."""
        if self.finished not in self._heads:  # made once an episode
            old = self.learner.classes[: self.finished]
            heads = old if self.learner.separate_heads else (sorted({one for classes in old for one in classes}),)
            self._heads = {self.finished: torch.tensor(heads, device=device)}
        return self._heads[self.finished]


def build(
    learner: Learner,
    *,
    temperature: Annotated[float, Gt(0)] = 2.0,
    alpha: Annotated[float, Ge(0)] | None = None,
    teacher: Literal["eval", "train"] = "eval",
) -> LearningWithoutForgetting:
    """Return the strategy.

    Args:
        learner: the training.
        temperature: T.
        alpha: alpha_k, with a_k = 1; None: alpha_k = k^2 / (k + 1) and a_k = 1 / (k + 1).
        teacher: its mode: eval, or train (Avalanche's: its dropout and the normalisation by batches are on).

    Raises:
        InputError: an option out of range.
    """
    if temperature <= 0 or (alpha is not None and alpha < 0) or teacher not in ("eval", "train"):
        raise InputError(
            f"lwf: temperature={temperature}, alpha={alpha}, teacher={teacher!r}: expected more than 0, None or "
            "at least 0, and 'eval' or 'train'."
        )
    return LearningWithoutForgetting(learner, temperature, alpha, teacher)
