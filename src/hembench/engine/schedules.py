"""Learning rate as a pure function of the position, so that it needs no state."""

from __future__ import annotations

from typing import Any


def learning_rate(recipe: dict[str, Any], epoch: int, step: int, steps_per_epoch: int) -> float:
    """Return the learning rate of one step.

    The base rate is multiplied by ``schedule.factor`` at the end of each epoch of ``schedule.milestones`` (after
    that many epochs, as in "divided by 10 at 100 and 105", paper A.1.4; an empty list is a constant rate). During
    the first ``warmup.epochs`` epochs it also rises geometrically, step by step, from ``warmup.start_factor``
    times that rate: rate * start_factor ** (1 - t / T), t counting steps.
    The paper says "exponential" and no more.

    Args:
        recipe: training settings, all filled in.
        epoch: epochs completed before this step (from 0).
        step: position within the epoch (from 0).
        steps_per_epoch: batches of one epoch.
    """
    rate = float(recipe["optimiser"]["learning_rate"])
    schedule, warmup = recipe["schedule"], recipe["warmup"]
    rate *= float(schedule["factor"]) ** sum(epoch >= milestone for milestone in schedule["milestones"])
    length = warmup["epochs"] * steps_per_epoch
    done = epoch * steps_per_epoch + step
    if done < length:
        rate *= float(warmup["start_factor"]) ** (1 - done / length)
    return float(rate)
