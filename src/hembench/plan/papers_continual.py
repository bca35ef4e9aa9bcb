"""How section 5.3 of the paper learns each pair of benchmark and strategy, by our reading (docs/decisions.md)."""

from __future__ import annotations

from typing import Any

from hembench.core import plugins
from hembench.plan.cells import Condition
from hembench.plan.continual import UNITS, Continual
from hembench.plan.plugged import Plugin

MLP: dict[str, dict[str, Any]] = {
    "replay": {"width": 512, "depth": 1},
    "si": {"width": 256, "depth": 2},
    "ewc": {"width": 512, "depth": 1},
    "lfl": {"width": 256, "depth": 1},
    "lwf": {"width": 200, "depth": 1, "activation": "tanh"},
}
"""Options of the MLP on MNIST by strategy: of the script that the recipe is from."""


def pair_of(condition: Condition, continual: Continual) -> tuple[list[str], str] | None:
    """Return benchmark and strategy and the recipe's name as we read the paper; None: some of it is otherwise.

    The recipe's numbers are not looked at.

    Args:
        condition: of a study.
        continual: how its data-set is learnt in episodes.
    """
    benchmark, strategy = continual.benchmark_plugin.name, continual.strategy_plugin.name
    permuted = benchmark == "permuted_mnist"
    mnist = benchmark in ("permuted_mnist", "split_mnist")
    if strategy not in MLP or not (mnist or benchmark in ("split_cifar10", "split_cifar100")):
        return None
    own = permuted and strategy == "si"  # the one strategy with scripts for two benchmarks
    network = (
        ("mlp", {"width": 1000, "depth": 1} if own else MLP[strategy]) if mnist else ("resnet", {"depth": 18})
    )
    incremental = "domain" if permuted else "task" if strategy == "si" else "class"
    as_read = (
        condition.network_plugin == _filled("networks", *network),
        continual.benchmark_plugin == _filled("episodes", benchmark, {}),
        continual.strategy_plugin == _filled("strategies", strategy, {"strength": 10.0} if own else {}),
        continual.incremental == incremental,
        continual.units == UNITS[incremental][0],
        continual.normalise is not None,
        (continual.optimiser, continual.held_out, continual.counts) == ("kept", 0, "dataset"),
    )
    if not all(as_read):
        return None
    return [benchmark, strategy], "si_permuted_mnist" if own else f"{strategy}_{'mnist' if mnist else 'cifar'}"


def _filled(kind: str, name: str, options: dict[str, Any]) -> Plugin:
    return Plugin(name, plugins.check_options(kind, name, options))
