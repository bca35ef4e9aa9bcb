"""How a benchmark divides its data-set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hembench.core import plugins
from hembench.episodes._episode import Episode


@pytest.fixture(scope="session")
def divided() -> Callable[..., list[Episode]]:
    """Return a function: a benchmark's name, a seed and options -> its episodes."""

    def divided(name: str, seed: int = 0, **options: Any) -> list[Episode]:
        module = plugins.load("episodes", name)
        facts = plugins.constants("datasets", module.DATASET)
        episodes: list[Episode] = module.divide(seed, facts["NUM_CLASSES"], facts["IMAGE_SHAPE"], **options)
        return episodes

    return divided
