"""Claims on the four long-tailed conditions (section 5.2 of the paper)."""

from __future__ import annotations

from hembench.claims._claim import ACCURACY, FOUR, REJECTION, Claim, above, comparable

CLAIMS = (
    Claim(
        "L1",
        "Long-tailed: CE and HEM are similar on clean and corrupted images.",
        comparable(ACCURACY, "hem", "ce", scope="longtail"),
    ),
    Claim(
        "L2",
        "Long-tailed: HEM is above CE on unknown classes and adversarial images.",
        above(REJECTION, "hem", "ce", scope="longtail"),
    ),
    Claim(
        "L3",
        "Long-tailed: LA is above HEM+ on clean and corrupted images.",
        above(ACCURACY, "la", "hem_plus", scope="longtail"),
        focus="hem_plus",
    ),
    Claim(
        "L4",
        "Long-tailed: HEM+, and HEM too, are above LA on unknown classes and adversarial images.",
        above(REJECTION, "hem_plus", "la", scope="longtail") + above(REJECTION, "hem", "la", scope="longtail"),
        focus="hem_plus",
    ),
    Claim(
        "L5",
        "Long-tailed: LN is similar to HEM and HEM+ on three metrics, and worse on adversarial images.",
        comparable((*ACCURACY, "auroc_msp"), "ln", "hem", "hem_plus", scope="longtail")
        + above(("dar_msp",), "hem", "ln", scope="longtail")
        + above(("dar_msp",), "hem_plus", "ln", scope="longtail"),
        focus="hem_plus",
    ),
    Claim(
        "L6",
        "Long-tailed: DICE is clearly worse than HEM and HEM+ on all metrics, but better on adversarial images "
        "with MLS as the score.",
        above(FOUR, "hem", "dice", scope="longtail")
        + above(FOUR, "hem_plus", "dice", scope="longtail")
        + above(("dar_mls",), "dice", "hem", "hem_plus", scope="longtail"),
        focus="hem_plus",
    ),
    Claim(
        "L7",
        "Long-tailed: HEM equals or exceeds CE on all metrics.",
        above(FOUR, "hem", "ce", scope="longtail", at_least=True),
    ),
)
"""In the paper's order."""
