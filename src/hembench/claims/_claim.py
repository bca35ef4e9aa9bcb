"""What a claim is: data. One file per group holds the paper's claims in our words; verdict.py judges them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hembench.stats.conditions import ABLATION, CONTINUAL, LONGTAIL, RATES, SEGMENTATION, STANDARD, SWEEPS

Kind = Literal["directional", "equivalence", "count"]


@dataclass(frozen=True)
class Scope:
    """The conditions that a claim is about.

    Attributes:
        words: what they are called.
        conditions: (data-set, network) as the paper has them; of continual learning (benchmark, strategy).
        long_tailed: whether their classes are imbalanced.
        task: what is learnt there.
        first: what the first of each pair is called.
        size: how many the paper has, where it doesn't name them and there are more that may be they; 0: all.
        exact: whether it is about these and no others of their sort, about a data-set say.
    """

    words: str
    conditions: tuple[tuple[str, str], ...]
    long_tailed: bool = False
    task: str = "classification"
    first: str = "data-set"
    size: int = 0
    exact: bool = False

    def of(self, best: bool) -> tuple[int, str]:
        """Return how many the paper has of what is counted, and its name: conditions, or their first parts."""
        if best:
            return len({first for first, _ in self.conditions}), self.first
        return self.size or len(self.conditions), f"{self.words} condition"


SCOPES = {
    "standard": Scope("standard", STANDARD),
    "longtail": Scope("long-tailed", LONGTAIL, long_tailed=True),
    "ablation": Scope("ablation", ABLATION),
    "sweeps": Scope("sweep", SWEEPS),
    "rates": Scope("learning-rate", RATES),
    "continual": Scope("continual-learning", CONTINUAL, task="continual", first="benchmark", size=16),
    "segmentation": Scope("segmentation", SEGMENTATION, task="segmentation"),
    **{
        f"segmentation_{dataset}": Scope(
            f"{dataset} segmentation",
            tuple(pair for pair in SEGMENTATION if pair[0] == dataset),
            task="segmentation",
            exact=True,
        )
        for dataset in ("camvid", "cityscapes", "sbd")
    },
}


@dataclass(frozen=True)
class Part:
    """One comparison of a claim: ``first`` minus ``second``.

    Attributes:
        quantity: key of what is compared (claims/_measure.py); two with a "+" are added up per network.
        kind: directional (``first`` is above), equivalence (within the margin) or count (above in so many).
        first: a loss; the variant that stands for it, or each variant of the claim's focus in turn. With a "*": a
            variant of that loss which differs from the named one in what the claim varies.
        second: another, or a number (a share) to which the first is compared.
        scope: key of SCOPES.
        wins: of a count, what the paper gives: so many of so many conditions.
        at_least: directional or count, but one margin below is still as good ("never worse", "does not improve").
        clearly: directional, by more than the margin ("very poor").
        best: not condition by condition, but data-set by data-set (benchmark), each loss with the network
            (strategy) that suits it best there: the one with the best mean over seeds. Between two losses.
        further: of a best: not whether ``first`` is above, but whether it is further above than on the mean over
            the networks of the data-set.
        networks: of a best: how many networks a data-set must have, so that there is a best.
        recipe: that by which ``first`` was trained, where it is not the condition's own.
    """

    quantity: str
    kind: Kind
    first: str
    second: str | float
    scope: str = "standard"
    wins: tuple[int, int] | None = None
    at_least: bool = False
    clearly: bool = False
    best: bool = False
    further: bool = False
    networks: int = 1
    recipe: str = ""

    def line(self, margin: float) -> float:
        """Return the difference from which on ``first`` counts as above.

        Args:
            margin: how far apart still counts as comparable, as differences are given.
        """
        if self.at_least:
            return -margin
        return margin if self.clearly else 0.0


@dataclass(frozen=True)
class Claim:
    """A claim of the paper; all its parts must hold.

    Attributes:
        id: as in our notes on the paper; X: abstract and analysis, S: standard, L: long-tailed, B: supplementary,
            K: conclusion, R: asides on training.
        words: what it says, in our words.
        parts: the comparisons that decide it.
        focus: the loss that it is about; a verdict for each of its variants (``hem``, ``hem_p05``).
        numbers: what the paper quotes, if it does.
        beyond: what else it says that these metrics can't decide; it is then never supported as a whole.
        elsewhere: where it is looked at instead, or what would be needed.
        varies: the option in which the variants marked "*" differ from the named one.
        towards: which values of that option count.
        ours: a choice of ours that the verdict rests on, for the reader.
        task: what a study has to learn for the claim to be looked at.
    """

    id: str
    words: str
    parts: tuple[Part, ...] = ()
    focus: str = "hem"
    numbers: str = ""
    beyond: tuple[str, ...] = ()
    elsewhere: str = ""
    varies: str = ""
    towards: Literal["larger", "smaller", "any"] = "any"
    ours: str = ""
    task: str = "classification"


def above(
    quantities: tuple[str, ...],
    first: str,
    *seconds: str | float,
    scope: str = "standard",
    at_least: bool = False,
    clearly: bool = False,
) -> tuple[Part, ...]:
    """Return directional parts: ``first`` above each of ``seconds`` in each quantity."""
    return tuple(
        Part(quantity, "directional", first, second, scope, at_least=at_least, clearly=clearly)
        for second in seconds
        for quantity in quantities
    )


def comparable(
    quantities: tuple[str, ...], first: str, *seconds: str, scope: str = "standard"
) -> tuple[Part, ...]:
    """Return equivalence parts: ``first`` within the margin of each of ``seconds`` in each quantity."""
    return tuple(
        Part(quantity, "equivalence", first, second, scope) for second in seconds for quantity in quantities
    )


ACCURACY = ("clean_accuracy", "corruption_accuracy")
REJECTION = ("auroc_msp", "dar_msp")
FOUR = ACCURACY + REJECTION
"""The paper's metrics: accuracy on clean and corrupted images, AUROC on unknown classes, DAR under AutoAttack."""

HALF_RATE = "cifar10_half_rate"
"""Recipe of config/supplement.yaml: that of CIFAR10 with half the learning rate (B.3)."""
