"""Which 16 of the 20 pairs of continual learning the paper may have: guesses, since it names none.

A file of its own: only those who ask have them in their keys, and the claims don't (the plan tells them).
"""

from __future__ import annotations

from hembench.stats.conditions import CONTINUAL

_SPLIT = (*(pair for pair in CONTINUAL if pair[0] != "permuted_mnist" and pair[1] != "lfl"),)
_PERMUTED = (*(pair for pair in CONTINUAL if pair[0] == "permuted_mnist"),)

SIXTEEN = {
    "A": (*(pair for pair in _PERMUTED if pair[1] != "lwf"), *_SPLIT),
    "B": (*(pair for pair in _PERMUTED if pair[1] != "ewc"), *_SPLIT),
    "C": (*_PERMUTED, *(pair for pair in _SPLIT if pair != ("split_cifar100", "ewc"))),
}
"""Guesses which 16 they are, all with LFL only where continual-learning-baselines has a script for it. A: LwF only
where new classes appear. B: LwF everywhere, EWC on split data-sets. C: all five on PermutedMNIST, EWC not on
SplitCIFAR100, where it costs most. Of B and C our notes have numbers alone; their pairs are filled in here."""
