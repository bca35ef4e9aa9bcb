"""Conditions of continual learning: a data-set that is learnt in episodes, and what is chosen for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError
from hembench.plan.plugged import Plugin, filled
from hembench.plan.study import StudyConfig
from hembench.plan.tasks import ContinualConfig

UNITS = {"class": ("all", "seen"), "domain": ("all",), "task": ("own", "masked")}
"""Units that can take part in the loss, by incremental type; the first is the default."""


@dataclass(frozen=True)
class Continual:
    """How the data-set of a condition is learnt in episodes."""

    benchmark: str
    strategy: str
    benchmark_plugin: Plugin
    strategy_plugin: Plugin
    incremental: str
    units: str
    normalise: dict[str, list[float]] | None
    optimiser: str
    held_out: float
    counts: str

    def options(self) -> dict[str, Any]:
        """Return what the training's options hold of it."""
        return {
            "episodes": self.benchmark_plugin.value(),
            "strategy": self.strategy_plugin.value(),
            "incremental": self.incremental,
            "units": self.units,
            "normalise": self.normalise,
            "optimiser": self.optimiser,
            "held_out": self.held_out,
            "counts": self.counts,
        }


def continual_of(study: StudyConfig, config: ContinualConfig, dataset: str, where: str) -> Continual:
    """Return how a condition's data-set is learnt in episodes, defaults filled in.

    Raises:
        ConfigError: benchmark, data-set, incremental and units don't fit each other.
    """
    where = f"{where}.continual"
    benchmark = filled(study, "episodes", config.benchmark, where)
    facts = plugins.constants("episodes", benchmark.name)
    if facts["DATASET"] != dataset:
        raise ConfigError(f"{where}: benchmark {benchmark.name!r} divides {facts['DATASET']!r}, not {dataset!r}.")
    incremental = config.incremental or facts["INCREMENTAL"][0]
    if incremental not in facts["INCREMENTAL"]:
        raise ConfigError(
            f"{where}: incremental: {incremental!r} is nothing for {benchmark.name!r}: expected "
            f"{' or '.join(facts['INCREMENTAL'])}."
        )
    fitting = UNITS[incremental]
    units = config.units or fitting[0]
    if units not in fitting:
        raise ConfigError(
            f"{where}: units: {units!r} is nothing for incremental: {incremental}: expected "
            f"{' or '.join(fitting)}."
        )
    normalise = {"mean": list(facts["MEAN"]), "std": list(facts["STD"])} if config.normalise else None
    strategy = filled(study, "strategies", config.strategy, where)
    return Continual(
        config.benchmark,
        config.strategy,
        benchmark,
        strategy,
        incremental,
        units,
        normalise,
        config.optimiser,
        config.held_out,
        config.counts,
    )


def streams_part(continual: Continual) -> str:
    """Return how the random streams' name of a condition begins: without what is chosen within a strategy.

    Conditions that differ in that alone begin alike and see the same batches.
    """
    return "-".join([continual.benchmark, continual.strategy_plugin.name, continual.incremental])


def first_part(continual: Continual) -> str:
    """Return how the name of a condition begins; what is not the default is said."""
    parts = [continual.benchmark, continual.strategy, continual.incremental]
    parts += [continual.units] if continual.units != UNITS[continual.incremental][0] else []
    parts += [] if continual.normalise else ["raw"]
    parts += ["new_optimiser"] if continual.optimiser == "new" else []
    parts += [f"held_out_{100 * continual.held_out:g}".replace(".", "_")] if continual.held_out else []
    parts += ["episode_counts"] if continual.counts == "episode" else []
    return "-".join(parts)
