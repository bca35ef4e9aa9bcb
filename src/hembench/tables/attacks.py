"""What is left under attack: robust accuracy, DAR, what became of the images, and doubts about the attack."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Adversarial images, attack by attack"
CAPTION = (
    "Mean ± standard deviation over seeds, in per cent. Robust accuracy: share of the images that are still "
    "classified correctly. DAR: share processed correctly, that is accepted with the right class or rejected "
    "with a wrong one; the acceptance threshold accepts 95 % of the correctly classified clean test images, all "
    "of them, for each network and score. A DAR near 5 means that almost every attack succeeds with high "
    "confidence. Images come back clean where no attack flips them and where they were misclassified before; "
    "fooled, unfooled and wrong before add up to 100. Where an attack drops those that were wrong before, its "
    "numbers have other names: 'of attacked' is over the images that were right before; compare it with nothing "
    "else. Doubts (none has a better direction): black box only, images that Square flipped after every attack "
    "with gradients had failed (the authors of AutoAttack warn above 0.2); zero gradient, share of the images "
    "right before where cross-entropy, or the scale-free DLR loss, gives an attack nothing to follow; "
    "unconfirmed, fooled by the attack's own account, yet right again when predicted with its whole shard."
)
ROWS = ["set", "variant"]
COLUMNS = ["measure"]
PLAIN: dict[str, tuple[str, str]] = {
    "accuracy": ("Robust accuracy", "larger"),
    "accuracy_attacked": ("Robust accuracy of attacked", "larger"),
    "dar": ("DAR", "larger"),
    "dar_attacked": ("DAR of attacked", "larger"),
    "fooled_share": ("Fooled", "smaller"),
    "unfooled_share": ("Unfooled", "larger"),
    "wrong_before_share": ("Wrong before", "neither"),
    "black_box_share": ("Black box only", "neither"),
    "zero_gradient_share": ("Zero gradient", "neither"),
    "zero_gradient_dlr_share": ("Zero gradient (DLR)", "neither"),
    "unconfirmed_share": ("Unconfirmed", "neither"),
}
"""Metrics of attacked images in the order of the columns: words, and the better direction."""


def tabulate(
    metrics: pd.DataFrame, *, scores: tuple[str, ...] = ("msp", "log_msp", "mls", "entropy", "energy")
) -> pd.DataFrame:
    """Return robust accuracy, DAR, outcomes and doubts for each condition, attack and variant.

    Args:
        metrics: the tidy metrics of a study.
        scores: the scores whose DAR to show, in this order; those that were not measured have no column.

    Returns:
        condition, dataset, network, recipe, variant, loss, set (attack and norm), measure ("Robust accuracy",
        "DAR (<score>)", "Fooled" ...), better, and mean, sd, n, low, high (95 % t interval), images; mean to high
        in per cent.
    """
    rows = metrics[(metrics["kind"] == "attack") & metrics["metric"].isin(list(PLAIN))]
    rows = rows[rows["score"].isin(["", *scores])].rename(columns={"n": "images"})
    columns = [(metric, score) for metric in PLAIN for score in ("", *scores)]
    words = [_words(metric, score) for metric, score in zip(rows["metric"], rows["score"], strict=True)]
    rows["measure"] = pd.Categorical(words, [_words(*column) for column in columns], ordered=True)
    table = summarise(rows, ["condition", "set", *CELL[1:], "metric", "measure"])
    # metric is only along for the direction; the reader's order is that of the measures
    table = table.sort_values(["condition", "set", "variant", "measure"], kind="stable", ignore_index=True)
    table["better"] = table["metric"].map({metric: better for metric, (_, better) in PLAIN.items()})
    table = table.astype({"measure": "str"})[[*CELL, "set", "measure", "better", *VALUES]]
    return described(table, TITLE, CAPTION, ROWS, COLUMNS)


def _words(metric: str, score: str) -> str:
    label = PLAIN[metric][0]
    return f"{label} ({score})" if score else label
