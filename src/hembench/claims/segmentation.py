"""Claims on semantic segmentation (section 5.4 of the paper, figure 8)."""

from __future__ import annotations

from hembench.claims._claim import Claim, Part, above, comparable

IOU = ("iou",)
OTHERS = ("ce", "ln", "la", "dice", "mm", "hem")

CLAIMS = (
    Claim(
        "SG1",
        "Segmentation: HEM+ is on average clearly above all other losses.",
        above(IOU, "hem_plus", *OTHERS, scope="segmentation"),
        focus="hem_plus",
        ours="'Clearly' is tested as above. The paper does not say which mean of the IoU it is: here macro. That "
        "MM is among the other losses is a guess: the text on figure 8 does not name it.",
        task="segmentation",
    ),
    Claim(
        "SG2",
        "Segmentation: on CamVid, CE is above HEM+ with some networks.",
        (
            Part("iou", "count", "ce", "hem_plus", "segmentation_camvid", wins=(1, 4)),
            Part("iou", "count", "hem_plus", "ce", "segmentation_camvid", wins=(1, 4)),
        ),
        focus="hem_plus",
        numbers="figure 8a: some of 4",
        ours="'Some' is tested as one at least and not all: HEM+ is above CE with one at least, too.",
        task="segmentation",
    ),
    Claim(
        "SG3",
        "Segmentation: on Cityscapes and SBD, HEM+ is above CE with every network.",
        (
            Part("iou", "count", "hem_plus", "ce", "segmentation_cityscapes", wins=(4, 4)),
            Part("iou", "count", "hem_plus", "ce", "segmentation_sbd", wins=(4, 4)),
        ),
        focus="hem_plus",
        numbers="figures 8b and 8c: 8 of 8",
        task="segmentation",
    ),
    Claim(
        "SG4",
        "Segmentation: LN and LA are very poor.",
        above(IOU, "ce", "ln", "la", scope="segmentation", clearly=True),
        focus="ce",
        ours="'Very poor' is tested as more than the margin below CE.",
        task="segmentation",
    ),
    Claim(
        "SG5",
        "Segmentation: HEM and DICE are about as good as CE.",
        comparable(IOU, "hem", "ce", scope="segmentation") + comparable(IOU, "dice", "ce", scope="segmentation"),
        ours="The abstract says that DICE is inferior to HEM on all tasks: that is X6.",
        task="segmentation",
    ),
    Claim(
        "SG6",
        "Segmentation: HEM+ is never worse than HEM.",
        (
            *above(IOU, "hem_plus", "hem", scope="segmentation", at_least=True),
            Part("iou", "count", "hem_plus", "hem", "segmentation", wins=(12, 12), at_least=True),
        ),
        focus="hem_plus",
        numbers="figure 8: 12 of 12",
        ours="'Never worse' is tested as no more than the margin worse: over the conditions together, and in "
        "each.",
        task="segmentation",
    ),
    Claim(
        "SG7",
        "Segmentation: with the network that suits each loss best, HEM+ is further above all other losses.",
        tuple(
            Part("iou", "directional", "hem_plus", other, "segmentation", best=True, further=further, networks=2)
            for further in (False, True)
            for other in OTHERS
        ),
        focus="hem_plus",
        ours="Best is the largest mean over seeds, of the networks that both losses have. Tested is that HEM+ is "
        "above with these, and by more than on the mean over all networks of the data-set. Data-sets with one "
        "network have no best one. That MM is among the other losses is a guess.",
        task="segmentation",
    ),
    Claim(
        "SG8",
        "Segmentation: on SBD CE does not learn at a learning rate of 0.1, and is best at 0.05 of four.",
        elsewhere="would need trainings on SBD by four learning rates",
        focus="ce",
        task="segmentation",
    ),
)
"""In the paper's order."""
