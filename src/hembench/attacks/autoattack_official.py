"""AutoAttack as its authors run it ("standard"): 100 steps, 9 targets, images that were wrong before are dropped.

Croce & Hein 2020 (arXiv 2003.01690; public code fra31/auto-attack): APGD on cross-entropy, targeted APGD, targeted
FAB and Square, each on what the ones before it left. The parts are torchattacks'; docs/decisions.md says how they
compare with the authors' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from hembench.attacks import autoattack_paper
from hembench.attacks._result import WRONG_BEFORE, Attacked
from hembench.attacks._shield import shielded
from hembench.core.errors import InputError

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Gt
    from torch import Tensor, nn

ATTACKS: tuple[str, ...] = ("apgd_ce", "apgd_targeted", "fab_targeted", "square")
"""Order of the parts."""

BLACK_BOX: tuple[str, ...] = ("square",)
"""Parts that see logits only. They come last, so what they flip had withstood the parts that follow gradients."""

DROPS_WRONG = True
"""Metrics are taken over the images that were right before: another denominator than ``autoattack_paper``'s."""


def attack(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    seed: int,
    *,
    norm: Literal["Linf", "L2"],
    eps: Annotated[float, Gt(0)],
    num_classes: int,
    steps: Annotated[int, Ge(1)] = 100,
    queries: Annotated[int, Ge(1)] = 5000,
    targets: Annotated[int, Ge(1)] = 9,
) -> Attacked:
    """Attack one batch; it depends on the batch, the seed and the options, never on the caller's random state.

    An image that was wrong before, or whose logits are not finite, is not attacked and not in the batch that is:
    it comes back clean, as does one that nothing flips. The caller's generators and the model's modes are as they
    were afterwards.

    Cost: about ten times that of ``autoattack_paper`` for what APGD and FAB can't flip; the same for Square.

    Args:
        model: float (N, C, H, W) in [0, 1] -> logits (N, num_classes), with parameters on the images' device.
        images: float32 (N, C, H, W) in [0, 1].
        labels: int64 (N,).
        seed: of all random starts, in [0, 2**63).
        norm: norm of the perturbation.
        eps: its largest value.
        num_classes: classes of the model.
        steps: iterations of APGD and FAB.
        queries: of Square, which sees logits only.
        targets: wrong classes, the likeliest first, that the targeted parts try; all where there are fewer.

    Returns:
        The batch after the attack, with the flags ``zero_gradient`` (of the clean image's cross-entropy, as for
        ``autoattack_paper``: also where it is tiny in float32) and ``zero_gradient_dlr`` (of the targeted loss
        towards the likeliest wrong class, which has no scale, so it is zero only where the network is flat; the
        authors' tool warns of it).

    Raises:
        InputError: fewer than 4 classes, or images outside [0, 1].
    """
    if num_classes < 4:
        raise InputError(
            f"autoattack_official: its targeted loss (DLR) compares the four largest logits; "
            f"got {num_classes} classes. Attack a data-set with at least 4."
        )
    if len(images) and not (images.min() >= 0 and images.max() <= 1):
        raise InputError("autoattack_official: images must lie in [0, 1].")
    returned = images.detach().clone()
    fooled_by = torch.full_like(labels, WRONG_BEFORE, dtype=torch.int8)
    flags = {name: torch.zeros_like(labels, dtype=torch.bool) for name in ("zero_gradient", "zero_gradient_dlr")}
    with shielded(model, images.device):
        with torch.no_grad():
            before = model(images)
        right = (before.argmax(1) == labels) & torch.isfinite(before).all(1)
        if right.any():
            attacked = autoattack_paper.attack(
                model,
                images[right],
                labels[right],
                seed,
                norm=norm,
                eps=eps,
                num_classes=num_classes,
                steps=steps,
                queries=queries,
                targets=targets,
            )
            returned[right], fooled_by[right] = attacked.images, attacked.fooled_by
            flags["zero_gradient"][right] = attacked.flags["zero_gradient"]
            flags["zero_gradient_dlr"][right] = _zero_gradient_dlr(model, images[right], labels[right])
    return Attacked(returned, fooled_by, ATTACKS, flags)


def _zero_gradient_dlr(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return bool (N,): the targeted DLR loss of a rightly classified image has no gradient anywhere.

    Its numerator is the label's logit less the likeliest wrong one's, its denominator the largest logit less the
    mean of the third and fourth largest.
    """
    leaf = images.detach().clone().requires_grad_()
    with torch.enable_grad():
        logits = model(leaf)
        ordered = logits.sort(dim=1).values
        of_label = logits.gather(1, labels.unsqueeze(1)).squeeze(1)
        loss = (of_label - ordered[:, -2]) / (ordered[:, -1] - (ordered[:, -3] + ordered[:, -4]) / 2 + 1e-12)
    (gradient,) = torch.autograd.grad(loss.sum(), leaf)
    return (gradient == 0).flatten(1).all(1)
