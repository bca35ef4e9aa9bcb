"""Rejection of unknown classes, one number per OOD set and score."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Unknown classes (OOD), set by set"
CAPTION = (
    "How well a score separates clean test images from images of unknown classes (OOD): mean ± standard deviation "
    "over seeds, in per cent. AUROC, the probability that a test image scores higher than an unknown one (ties "
    "count half): larger is better, 50 is chance. FPR95, the share of unknown images accepted when 95 % of the "
    "test images are: smaller is better. MSP is the float32 softmax maximum, which ties where it saturates at 1; "
    "log_msp has the same order without ties."
)
ROWS = ["score", "variant"]
COLUMNS = ["measure", "set"]
MEASURES = {"auroc": ("AUROC", "larger"), "fpr95": ("FPR95", "smaller")}


def tabulate(
    metrics: pd.DataFrame, *, scores: tuple[str, ...] = ("msp", "log_msp", "mls", "entropy", "energy")
) -> pd.DataFrame:
    """Return AUROC and FPR95 for each condition, variant, OOD set and score.

    Args:
        metrics: the tidy metrics of a study.
        scores: the scores to show, in this order; those that were not measured have no row.

    Returns:
        condition, dataset, network, recipe, variant, loss, score, measure ("AUROC" or "FPR95"), set, better,
        and mean, sd, n, low, high (95 % t interval), images; mean to high in per cent.
    """
    rows = metrics[(metrics["kind"] == "ood") & metrics["metric"].isin(list(MEASURES))]
    rows = rows[rows["score"].isin(scores)].rename(columns={"n": "images"})
    rows["score"] = pd.Categorical(rows["score"], list(scores), ordered=True)
    table = summarise(rows, ["condition", "score", *CELL[1:], "metric", "set"])
    table["measure"] = table["metric"].map({name: words for name, (words, _) in MEASURES.items()})
    table["better"] = table["metric"].map({name: better for name, (_, better) in MEASURES.items()})
    table = table.astype({"score": "str"})[[*CELL, "score", "measure", "set", "better", *VALUES]]
    return described(table, TITLE, CAPTION, ROWS, COLUMNS)
