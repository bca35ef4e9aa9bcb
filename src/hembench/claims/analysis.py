"""Claims of the abstract, the introduction, the analysis and the conclusion of the paper."""

from __future__ import annotations

from hembench.claims._claim import FOUR, HALF_RATE, REJECTION, Claim, Part, above, comparable

CONTINUAL, SEGMENTATION = "continual learning (CL1 to CL4)", "segmentation (SG1 to SG7)"
"""Studies of their own: their claims say what these leave open."""

CLAIMS = (
    Claim(
        "X1",
        "CE can be lower for a wrong prediction than for a right one and stays above zero for a well separated "
        "one; LN, MM and HEM are zero there and never fall from row to row of Table 1.",
        numbers="Table 1",
        elsewhere="computed from the losses, without networks: see hembench table 1",
        focus="ce",
    ),
    Claim(
        "X2",
        "HEM beats CE at rejecting unknown classes and adversarial images, in imbalanced learning, continual "
        "learning and segmentation.",
        above(REJECTION, "hem", "ce") + above(REJECTION, "hem", "ce", scope="longtail"),
        beyond=(CONTINUAL, SEGMENTATION),
    ),
    Claim(
        "X3",
        "HEM is worse than CE in clean accuracy (the conclusion: and on corrupted images) alone, and by little.",
        above(("clean_accuracy",), "ce", "hem")
        + comparable(("clean_accuracy",), "hem", "ce")
        + above(FOUR[1:], "hem", "ce", at_least=True),
        numbers="the average gap did not survive in our copy",
        ours="'Alone' is tested as no more than the margin worse in the other three metrics.",
    ),
    Claim(
        "X4",
        "LN is about as good as HEM on unknown classes, and much worse in continual learning and segmentation.",
        comparable(("auroc_msp",), "ln", "hem"),
        beyond=(CONTINUAL, SEGMENTATION),
    ),
    Claim(
        "X5",
        "LA beats HEM in accuracy on imbalanced data, and is worse on unknown classes and in segmentation.",
        above(("clean_accuracy",), "la", "hem", scope="longtail")
        + above(("auroc_msp",), "hem", "la", scope="longtail"),
        beyond=(SEGMENTATION,),
    ),
    Claim(
        "X6",
        "DICE is worse than HEM on all tasks.",
        above(FOUR, "hem", "dice") + above(FOUR, "hem", "dice", scope="longtail"),
        beyond=(CONTINUAL, SEGMENTATION),
    ),
    Claim(
        "X7",
        "MM can't compete with CE: its clean accuracy is lower, the more so with many classes.",
        above(("clean_accuracy",), "ce", "mm"),
        focus="mm",
        beyond=("how the gap grows with the number of classes",),
    ),
    Claim(
        "X8",
        "CE with LN's small temperature does not train, LN does.",
        (
            Part("clean_error", "directional", "ce*", 0.5, "sweeps"),
            Part("clean_accuracy", "directional", "ln", 0.5, "sweeps"),
        ),
        focus="ce",
        varies="temperature",
        towards="smaller",
        ours="Trained: more than half of the test images right; not trained: more than half of them wrong.",
    ),
    Claim(
        "K1",
        "HEM+ is never worse than HEM.",
        above(FOUR, "hem_plus", "hem", scope="longtail", at_least=True),
        focus="hem_plus",
        beyond=(SEGMENTATION,),
        ours="On balanced data the two are the same loss.",
    ),
    Claim(
        "K2",
        "HEM costs no more to develop or to compute.",
        elsewhere="a matter of time per step, not of these metrics: see benchmarks/ (make bench)",
    ),
    Claim(
        "K3",
        "Tuning the training changes clean accuracy by more than the gap between HEM and CE.",
        (Part("clean_accuracy", "directional", "hem", "ce", "rates", recipe=HALF_RATE),),
        numbers="as B-6",
        ours="HEM gains more by half the learning rate than it is behind CE exactly where it is then above CE.",
    ),
)
"""In the order of our notes. What X6 says of DICE has an exception in L6."""
