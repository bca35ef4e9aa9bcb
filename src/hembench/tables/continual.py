"""Continual learning: what is known at the end, and what was forgotten on the way."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Continual learning"
CAPTION = (
    "Mean ± standard deviation over seeds, in per cent, of conditions that learn in episodes; the name of a "
    "condition says benchmark, strategy and incremental type (class: one head tells all classes apart; domain: "
    "the same classes in every episode; task: the episode is known in the test); numbers of different types "
    "can't be compared. Final accuracy is the mean over episodes after the last one (the paper's number), over "
    "images the same with every test image alike; accuracy when learnt that of each episode right after it. "
    "Transfer: change of earlier episodes since they were learnt (backward), of later ones from before the "
    "training to just before they are learnt (forward; where an episode brings new classes that is minus the "
    "accuracy of the untrained network, and says nothing). Forgotten: what is lost of the best accuracy that an "
    "episode had; smaller is better, elsewhere larger."
)
ROWS = ["variant"]
COLUMNS = ["label"]

QUANTITIES = {
    "final_accuracy": ("Final accuracy", "larger"),
    "stream_accuracy": ("Final accuracy, over images", "larger"),
    "learning_accuracy": ("Accuracy when learnt", "larger"),
    "backward_transfer": ("Backward transfer", "larger"),
    "forward_transfer": ("Forward transfer", "larger"),
    "forgetting": ("Forgotten", "smaller"),
}
"""Metrics of the accuracy matrix in the order of the table: label, and which one is better."""


def tabulate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of each condition that learns in episodes, by variant.

    Args:
        metrics: the tidy metrics of a study; rows of other kinds are left out.

    Returns:
        condition, dataset (the benchmark), network, recipe, variant, loss, quantity (the metric), label, better,
        and mean, sd, n, low, high (95 % t interval), images; mean to high in per cent.
    """
    parts = []
    of_episodes = metrics[metrics["kind"] == "episodes"].rename(columns={"n": "images"})
    for position, (metric, (label, better)) in enumerate(QUANTITIES.items()):
        part = summarise(of_episodes[of_episodes["metric"] == metric], CELL)
        parts.append(part.assign(quantity=metric, label=label, better=better, order=position))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.sort_values([*CELL, "order"], kind="stable", ignore_index=True)
    return described(table[[*CELL, "quantity", "label", "better", *VALUES]], TITLE, CAPTION, ROWS, COLUMNS)
