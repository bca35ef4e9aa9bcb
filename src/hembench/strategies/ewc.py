"""Elastic weight consolidation (Kirkpatrick et al. 2017): important weights are pulled to their values then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.nn.functional as F

from hembench.core.errors import InputError
from hembench.core.tensors import copied, placed
from hembench.strategies._quadratic import away_from, pull
from hembench.strategies._strategy import Learner, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Annotated

    from annotated_types import Ge, Le
    from torch import Tensor


class ElasticWeightConsolidation(Strategy):
    """Adds the gradient of strength * sum_k sum_i F_k,i (theta_i - theta*_k,i)^2, k over the finished episodes.

    No 1/2, as in Avalanche. F_k: after the episode, one pass over its training samples with the network in
    evaluation mode, augmentation still on, true labels: the mean over batches of the squared gradient of the
    criterion of the batch. So it depends on the loss: under one that is 0 once a sample is learnt F is 0 if all
    are, and large while a few are left if it averages over these alone, as HEM does (the history notes
    ``ewc_importance_sum``).

    The sum over k of quadratics is kept as one quadratic around the mean of the theta*_k, weighted by importance:
    apart from a constant it is the same, at a cost that doesn't grow.

    Attributes:
        importance: sum of F_k by name of the parameter.
        anchor: the weighted mean of theta*_k.
    """

    def __init__(
        self, learner: Learner, strength: float, mode: str, decay: float, gradient: str, criterion: str
    ) -> None:
        super().__init__(learner)
        self.strength, self.mode, self.decay = strength, mode, decay
        self.gradient, self.criterion = gradient, criterion
        self.parameters = {name: value for name, value in learner.model.named_parameters() if value.requires_grad}
        self.importance = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        self.anchor = {name: value.detach().clone() for name, value in self.parameters.items()}

    def stepping(self) -> None:
        """Add the gradient of the penalty, which is 0 in the first episode."""
        if self.finished:
            pull(self.parameters, self.importance, away_from(self.anchor, self.parameters), self.strength)

    def learn_from(self, batches: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """Add the importance of this episode."""
        found = self._fisher(batches(1 if self.gradient == "sample" else None))
        for name, new in found.items():
            self._merge(name, new)
        added = sum(float(new.sum(dtype=torch.float64)) for new in found.values())
        return {"ewc_importance_sum": added}

    def _fisher(self, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
        """Return the mean over batches of the squared gradient, by name; the model's modes are as before."""
        model = self.learner.model
        modes = {module: module.training for module in model.modules()}
        model.eval()
        sums = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        count = 0
        for images, labels in batches:
            loss = self._loss(model(images), labels)
            gradients = torch.autograd.grad(loss, list(self.parameters.values()), allow_unused=True)
            for one, gradient in zip(sums.values(), gradients, strict=True):
                if gradient is not None:
                    one.addcmul_(gradient, gradient)
            count += 1
        for module, training in modes.items():
            module.training = training
        return {name: one.div_(max(count, 1)) for name, one in sums.items()}

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        of_head = self.learner.head(logits, labels)
        return F.cross_entropy(*of_head) if self.criterion == "ce" else self.learner.criterion(*of_head)

    @torch.no_grad()
    def _merge(self, name: str, new: Tensor) -> None:
        """Add new * (theta - theta now)^2 to the quadratic of a parameter."""
        old, anchor, now = self.importance[name], self.anchor[name], self.parameters[name].detach()
        if self.mode == "online":  # one decaying importance, around the latest weights
            self.importance[name] = old.mul_(self.decay).add_(new)
            self.anchor[name] = now.clone()
            return
        both = old + new
        share = torch.where(both > 0, new / both, torch.ones_like(both))
        # Where nothing was important before, share is 1: the anchor is what the weight is now, to the bit.
        self.anchor[name] = torch.where(share == 1, now, anchor + share * (now - anchor))
        self.importance[name] = both

    def state(self) -> dict[str, Any]:
        """Return importances and anchors too."""
        return {**super().state(), "importance": copied(self.importance), "anchor": copied(self.anchor)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with the importances and anchors of ``state``."""
        super().restore(state)
        self.importance = placed(state["importance"], self.parameters)
        self.anchor = placed(state["anchor"], self.parameters)


def build(
    learner: Learner,
    *,
    strength: Annotated[float, Ge(0)] = 1.0,
    mode: Literal["separate", "online"] = "separate",
    decay: Annotated[float, Ge(0), Le(1)] = 1.0,
    gradient: Literal["batch", "sample"] = "batch",
    criterion: Literal["own", "ce"] = "own",
) -> ElasticWeightConsolidation:
    """Return the strategy.

    Args:
        learner: the training.
        strength: lambda, without a factor 1/2.
        mode: one quadratic per finished episode (separate), or one importance that decays, around the latest
            weights (online).
        decay: of online: what the importance is multiplied by at the end of an episode.
        gradient: importance is the mean square of the gradient of batches, or of single samples.
        criterion: whose gradient: that of the training's own loss, or of cross-entropy whatever the loss is.

    Raises:
        InputError: an option out of range.
    """
    known = mode in ("separate", "online") and gradient in ("batch", "sample") and criterion in ("own", "ce")
    if not known or strength < 0 or not 0 <= decay <= 1:
        raise InputError(
            f"ewc: strength={strength}, mode={mode!r}, decay={decay}, gradient={gradient!r}, "
            f"criterion={criterion!r}: expected at least 0; 'separate' or 'online'; 0 to 1; 'batch' or 'sample'; "
            "'own' or 'ce'."
        )
    return ElasticWeightConsolidation(learner, strength, mode, decay, gradient, criterion)
