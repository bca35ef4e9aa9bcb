"""predict, where logits would take too much: labels and scores of every image instead of its logits.

Reads: weights and prepared sets. Writes ``predictions.npz``: for each set NAME.predicted int64 (N,), NAME.finite
bool (), NAME.score.<score> (N,), NaN for a network that diverged; ``history.json`` (from the training). A score
that the study asks for later needs another prediction; with logits it would not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.stages._predicted import labels_and_scores
from hembench.stages.predict import predict_sets

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Predict every set of the group and keep labels and scores.

    Args:
        inputs: as those of ``predict``, and plug-ins "score.<name>".
        options: as those of ``predict``, and "scores" (names).
    """
    scores = {name: inputs.plugins[f"score.{name}"] for name in options["scores"]}
    return predict_sets(inputs, options, lambda logits: labels_and_scores(logits, scores))
