"""What a network says of its sets, in two layouts: logits, or labels and scores where logits would take too much.

Both give the same numbers; scores that nobody asked for can be computed from logits alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

Scores = Mapping[str, Callable[..., np.ndarray]]
"""Functions by the name of the score: logits (N, C) -> (N,)."""


@dataclass(frozen=True)
class Predicted:
    """What a network says of one set.

    Attributes:
        labels: int64 (N,), the largest logit.
        finite: whether all logits are numbers; scores make sense only then.
        score: name of a score -> (N,).
    """

    labels: np.ndarray
    finite: bool
    score: Callable[[str], np.ndarray]


def of_logits(logits: np.ndarray, scores: Scores) -> Predicted:
    """Return what logits, float32 (N, C), say; a score is computed when it is asked for."""
    finite = bool(np.isfinite(logits).all())
    return Predicted(logits.argmax(axis=1).astype(np.int64), finite, lambda name: scores[name](logits))


def labels_and_scores(logits: np.ndarray, scores: Scores) -> dict[str, np.ndarray]:
    """Return what is kept of a set instead of its logits, by the end of the name."""
    said = of_logits(logits, scores)
    kept = {".predicted": said.labels, ".finite": np.array(said.finite)}
    nothing = np.full(len(logits), np.nan, dtype=np.float32)
    return kept | {f".score.{name}": said.score(name) if said.finite else nothing for name in scores}


def read_predictions(found: Mapping[str, np.ndarray], scores: Scores) -> Iterator[tuple[str, Predicted]]:
    """Yield the name of each set ("clean", "ood.<label>", "corruption.<label>.<severity>") and what is said of it.

    Args:
        found: the arrays of ``predictions.npz``, in either layout.
        scores: as those with which it was made.
    """
    for key in sorted(found):
        if key.endswith(".predicted"):
            name = key.removesuffix(".predicted")
            yield name, Predicted(found[key], bool(found[f"{name}.finite"]), _stored(found, name))
        elif key != "labels" and not key.endswith(".finite") and ".score." not in key:
            yield key, of_logits(found[key], scores)


def _stored(found: Mapping[str, np.ndarray], name: str) -> Callable[[str], np.ndarray]:
    return lambda score: found[f"{name}.score.{score}"]
