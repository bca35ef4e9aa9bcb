"""What is left under attack: robust accuracy, and the detection-accuracy rate (DAR) by norm and score."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Adversarial images, attack by attack"
CAPTION = (
    "Mean ± standard deviation over seeds, in per cent; larger is better. Robust accuracy: share of the attacked "
    "images that are still classified correctly. DAR: share processed correctly, that is accepted with the right "
    "class or rejected with a wrong one; the acceptance threshold accepts 95 % of the correctly classified clean "
    "test images, for each network and score. Images that no attack flips come back as they were, and so do "
    "images misclassified before. A DAR near 5 means that almost every attack succeeds with high confidence."
)
ROWS = ["variant"]
COLUMNS = ["set", "measure"]


def tabulate(metrics: pd.DataFrame, *, scores: tuple[str, ...] = ("msp", "mls")) -> pd.DataFrame:
    """Return robust accuracy and DAR for each condition, variant, attack and score.

    Args:
        metrics: the tidy metrics of a study.
        scores: the scores whose DAR to show, in this order.

    Returns:
        condition, dataset, network, recipe, variant, loss, set (attack and norm), measure ("Robust accuracy" or
        "DAR (<score>)"), better, and mean, sd, n, low, high (95 % t interval), images; mean to high in per cent.
    """
    rows = metrics[(metrics["kind"] == "attack") & metrics["metric"].isin(["accuracy", "dar"])]
    dar = rows["metric"] == "dar"
    rows = rows[~dar | rows["score"].isin(scores)].rename(columns={"n": "images"})
    words = ["Robust accuracy" if name == "accuracy" else f"DAR ({score})" for name, score in _pairs(rows)]
    columns = ["Robust accuracy", *(f"DAR ({score})" for score in scores)]
    rows["measure"] = pd.Categorical(words, columns, ordered=True)
    table = summarise(rows, [*CELL, "set", "measure"]).astype({"measure": "str"})
    table = table.assign(better="larger")[[*CELL, "set", "measure", "better", *VALUES]]
    return described(table, TITLE, CAPTION, ROWS, COLUMNS)


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["metric"], rows["score"], strict=True))
