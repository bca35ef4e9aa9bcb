"""Synaptic intelligence (Zenke et al. 2017): a weight is important if the loss fell along its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.core.tensors import copied, placed
from hembench.strategies._quadratic import away_from, pull
from hembench.strategies._strategy import Learner, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Annotated

    from annotated_types import Ge, Gt
    from torch import Tensor

NORMALISATION = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, nn.GroupNorm, nn.LayerNorm)
"""Layers whose parameters take no part."""


class SynapticIntelligence(Strategy):
    """Adds the gradient of strength / 2 * sum_i Omega_i (theta_i - theta*_i)^2, theta* from an episode's end.

    Path integral of an episode: w_i = sum over its steps of -g_i (theta_i after - theta_i before), g the gradient
    that the optimiser was given, the change the real one, momentum and all. Omega_i = sum over finished episodes
    of w_i / (change over the episode^2 + damping), cut off above at ``clip`` (Avalanche, after arXiv:1806.08568;
    Zenke et al. have no cut-off, and take g of the loss alone). Importance can be negative.

    Parameters of normalisation layers take no part, nor do those that are frozen.

    Attributes:
        path: w of the episode that is on, by name of the parameter.
        raw: Omega before the cut-off.
        importance: Omega.
        anchor: theta*, in the first episode the initial weights.
    """

    def __init__(
        self, learner: Learner, strength: float, damping: float, clip: float | None, gradient: str
    ) -> None:
        super().__init__(learner)
        self.strength, self.damping, self.clip, self.gradient = strength, damping, clip, gradient
        norms = [layer for layer in learner.model.modules() if isinstance(layer, NORMALISATION)]
        left_out = {id(parameter) for layer in norms for parameter in layer.parameters()}
        self.parameters = {
            name: value
            for name, value in learner.model.named_parameters()
            if value.requires_grad and id(value) not in left_out
        }
        self.path = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        self.raw = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        self.importance = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        self.anchor = {name: value.detach().clone() for name, value in self.parameters.items()}
        self._away = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        self._gradients: dict[str, Tensor] = {}

    @torch.no_grad()
    def stepping(self) -> None:
        """Add the penalty's gradient, which is 0 in the first episode; keep the one that the path is along."""
        if self.gradient == "loss":  # as it is before the penalty's joins it
            self._gradients = {name: one.clone() for name, one in self._given().items()}
        if self.finished:
            pull(self.parameters, self.importance, self._away, self.strength / 2)
        if self.gradient == "total":
            # On a GPU the optimiser updates many tensors at once, and SGD with Nesterov's momentum does so in the
            # gradients' own memory; on a CPU it leaves them alone.
            self._gradients = {name: one.clone() if one.is_cuda else one for name, one in self._given().items()}

    def _given(self) -> dict[str, Tensor]:
        """Return the gradients that there are."""
        return {name: value.grad for name, value in self.parameters.items() if value.grad is not None}

    @torch.no_grad()
    def stepped(self) -> None:
        """Add the step to the path integral."""
        before, self._away = self._away, away_from(self.anchor, self.parameters)
        torch._foreach_sub_(list(before.values()), list(self._away.values()))  # now: how far back each weight was
        names = list(self._gradients)
        torch._foreach_addcmul_(
            [self.path[name] for name in names], list(self._gradients.values()), [before[name] for name in names]
        )
        self._gradients = {}

    @torch.no_grad()
    def learn_from(self, batches: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """Turn the path of this episode into importance."""
        del batches
        for name, value in self.parameters.items():
            away = self._away[name]
            self.raw[name] += self.path[name] / (away * away + self.damping)
            clipped = self.raw[name] if self.clip is None else self.raw[name].clamp(max=self.clip)
            self.importance[name] = clipped.clone()
            self.anchor[name] = value.detach().clone()
            self.path[name].zero_()
            away.zero_()
        return {"si_importance_sum": sum(float(one.sum(dtype=torch.float64)) for one in self.importance.values())}

    def state(self) -> dict[str, Any]:
        """Return paths, importances and anchors too."""
        kept = {"path": self.path, "raw": self.raw, "importance": self.importance, "anchor": self.anchor}
        return {**super().state(), **{name: copied(tensors) for name, tensors in kept.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with the paths, importances and anchors of ``state``."""
        super().restore(state)
        self.path = placed(state["path"], self.parameters)
        self.raw = placed(state["raw"], self.parameters)
        self.importance = placed(state["importance"], self.parameters)
        self.anchor = placed(state["anchor"], self.parameters)
        self._away = away_from(self.anchor, self.parameters)


def build(
    learner: Learner,
    *,
    strength: Annotated[float, Ge(0)] = 1.0,
    damping: Annotated[float, Gt(0)] = 0.1,
    clip: Annotated[float, Gt(0)] | None = 0.001,
    gradient: Literal["total", "loss"] = "total",
) -> SynapticIntelligence:
    """Return the strategy.

    Args:
        learner: the training.
        strength: lambda, with a factor 1/2.
        damping: added to the squared change of a weight.
        clip: importances are cut off above at it; None: they are not.
        gradient: the path is along the gradient of the total, penalty included, or of the loss alone.

    Raises:
        InputError: an option out of range.
    """
    if strength < 0 or damping <= 0 or (clip is not None and clip <= 0) or gradient not in ("total", "loss"):
        raise InputError(
            f"si: strength={strength}, damping={damping}, clip={clip}, gradient={gradient!r}: expected at least "
            "0, more than 0, None or more than 0, and 'total' or 'loss'."
        )
    return SynapticIntelligence(learner, strength, damping, clip, gradient)
