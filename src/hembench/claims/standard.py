"""Claims on the 15 standard conditions (section 5.1 of the paper)."""

from __future__ import annotations

from hembench.claims._claim import ACCURACY, REJECTION, Claim, Part, above, comparable

CLAIMS = (
    Claim(
        "S1",
        "CE and HEM are comparable on clean and corrupted images; CE is ahead, slightly but consistently.",
        comparable(ACCURACY, "hem", "ce") + above(ACCURACY, "ce", "hem"),
        numbers="the gap did not survive in our copy",
    ),
    Claim(
        "S2",
        "HEM is about as good as LN on clean and corrupted images, and far above DICE and MM.",
        comparable(ACCURACY, "hem", "ln") + above(ACCURACY, "hem", "dice", "mm"),
        ours="'Far above' is tested as above.",
    ),
    Claim(
        "S3",
        "HEM rejects unknown classes better than CE in all conditions but one.",
        (Part("auroc_msp", "count", "hem", "ce", wins=(14, 15)),),
        numbers="14 of 15",
    ),
    Claim(
        "S4",
        "HEM has a large and consistent advantage over CE in rejecting adversarial images.",
        (*above(("dar_msp",), "hem", "ce"), Part("dar_msp", "count", "hem", "ce", wins=(15, 15))),
        ours="'Consistent' is tested as above in every condition, 'large' is not tested.",
    ),
    Claim(
        "S5",
        "HEM gains much more over CE on unknown classes and adversarial images than it loses on clean and "
        "corrupted ones.",
        above(tuple(f"{gain}+{loss}" for gain in REJECTION for loss in ACCURACY), "hem", "ce"),
        ours="Gain and loss are added up per network; 'much more' is tested as more.",
    ),
    Claim(
        "S6",
        "On average HEM is the best of all losses on unknown classes and adversarial images, LN included.",
        above(REJECTION, "hem", "ce", "ln", "dice", "mm"),
    ),
    Claim(
        "S7",
        "CE gives most known images a very high MSP; LN, MM and HEM spread it over a wide range.",
        (
            *above(("high_msp",), "ce", 0.5),
            *above(("high_msp",), "ce", "ln", "mm", "hem"),
            *(Part("other_msp", "directional", loss, 0.5) for loss in ("ln", "mm", "hem")),
        ),
        ours="Very high: an MSP of at least 0.99; most: more than half; spread: more than half are below it. The "
        "paper shows histograms (figure 4).",
    ),
    Claim(
        "S8",
        "MM does not improve the rejection of unknown classes over CE.",
        above(("auroc_msp",), "ce", "mm", at_least=True),
        focus="mm",
    ),
)
"""In the paper's order."""
