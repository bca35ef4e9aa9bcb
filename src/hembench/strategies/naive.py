"""No strategy: each episode is learnt as if there were no other. What every strategy is to be better than."""

from __future__ import annotations

from hembench.strategies._strategy import Learner, Strategy


def build(learner: Learner) -> Strategy:
    """Return the plain training.

    Args:
        learner: the training.
    """
    return Strategy(learner)
