"""AutoAttack as the paper ran it: torchattacks' "standard" composition with that library's own defaults.

Paper section 5 (Croce & Hein 2020, arXiv 2003.01690, through torchattacks 3.5.1). It is weaker than the authors'
AutoAttack: APGD and FAB take 10 steps there, not 100.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.nn.functional as F

from hembench.attacks._result import UNFOOLED, WRONG_BEFORE, Attacked
from hembench.attacks._shield import shielded
from hembench.core.errors import InputError

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Gt
    from torch import Tensor, nn

ATTACKS: tuple[str, ...] = ("apgd_ce", "apgd_targeted", "fab_targeted", "square")
"""Order of the parts; each is run on the images that the network still classifies correctly."""

BLACK_BOX: tuple[str, ...] = ("square",)
"""Parts that see logits only. They come last, so what they flip had withstood the parts that follow gradients."""


def attack(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    seed: int,
    *,
    norm: Literal["Linf", "L2"],
    eps: Annotated[float, Gt(0)],
    num_classes: int,
    steps: Annotated[int, Ge(1)] = 10,
    queries: Annotated[int, Ge(1)] = 5000,
    targets: Annotated[int, Ge(1)] | None = None,
) -> Attacked:
    """Attack one batch; it depends on the batch, the seed and the options, never on the caller's random state.

    With the default options the images equal those of ``torchattacks.AutoAttack(version="standard", seed=seed)``
    bit for bit. An image that nothing flips, and one that was wrong before, comes back clean. An image whose
    clean logits are not finite (a training that diverged) counts as wrong before. The caller's generators and the
    model's modes are as they were afterwards.

    Cost: where an image survives the rest, Square's ``queries`` dominate; APGD and FAB grow with the classes.

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
        targets: wrong classes, the likeliest first, that the targeted parts try; null: all of them.

    Returns:
        The batch after the attack, with the flag ``zero_gradient``: the cross-entropy of the clean image has a
        gradient of exactly zero, so the parts that follow gradients are blind there.

    Raises:
        InputError: fewer than 4 classes, or images outside [0, 1].
    """
    if num_classes < 4:
        raise InputError(
            f"autoattack_paper: its targeted loss (DLR) compares the four largest logits; "
            f"got {num_classes} classes. Attack a data-set with at least 4."
        )
    if len(images) and not (images.min() >= 0 and images.max() <= 1):
        raise InputError("autoattack_paper: images must lie in [0, 1].")
    with shielded(model, images.device):
        # The library's parts know the number of classes only to try all wrong ones.
        tried = num_classes if targets is None else min(num_classes, targets + 1)
        parts = _parts(model, {"norm": norm, "eps": eps, "seed": seed}, tried, steps, queries)
        with torch.no_grad():
            before = model(images)
        right = (before.argmax(1) == labels) & torch.isfinite(before).all(1)
        returned = images.detach().clone()
        fooled_by = torch.full_like(labels, WRONG_BEFORE, dtype=torch.int8)
        fooled_by[right] = UNFOOLED
        # The first part gets the wrong ones too, as in the library, where bits depend on the batch.
        rest = torch.arange(len(images), device=images.device)[torch.isfinite(before).all(1)]
        for number, part in enumerate(parts):
            if len(rest) == 0:
                break
            candidates = part(images[rest], labels[rest]).detach()
            with torch.no_grad():
                wrong = model(candidates).argmax(1) != labels[rest]
            returned[rest[wrong]] = candidates[wrong]
            flipped = rest[wrong]
            fooled_by[flipped[fooled_by[flipped] == UNFOOLED]] = number
            rest = rest[~wrong]
        return Attacked(returned, fooled_by, ATTACKS, {"zero_gradient": _zero_gradient(model, images, labels)})


def _parts(model: nn.Module, common: dict[str, Any], tried: int, steps: int, queries: int) -> list[Any]:
    """Return the four attacks in order, composed as torchattacks.AutoAttack's version "standard"."""
    from torchattacks import APGD, APGDT, FAB, Square  # half a second: only where an attack is run

    return [
        APGD(model, **common, loss="ce", n_restarts=1, steps=steps),
        APGDT(model, **common, n_classes=tried, n_restarts=1, steps=steps),
        FAB(model, **common, multi_targeted=True, n_classes=tried, n_restarts=1, steps=steps),
        Square(model, **common, n_queries=queries, n_restarts=1),
    ]


def _zero_gradient(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return bool (N,): the gradient of the image's cross-entropy is zero everywhere."""
    leaf = images.detach().clone().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(model(leaf), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, leaf)
    return (gradient == 0).flatten(1).all(1)
