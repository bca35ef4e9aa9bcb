"""What every stage gets and gives: ``compute(inputs, options) -> {file name: Content}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hembench.core.checkpoint import Checkpoint, Unsaved
from hembench.store.content import Content as Content


def _silent(share: float, words: str) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Inputs:
    """What a stage may read. It can reach nothing else: no config, no plan, no loader.

    Attributes:
        folders: verified artefact folder by role.
        manifests: that artefact's manifest by role.
        plugins: the functions of this job's plug-ins by role.
        raw: the data-set's folder of raw files (fetch and prepare).
        device: "cpu" or "cuda".
        progress: called with the share done in [0, 1] and a few words.
        state: keeps the state of a long computation, so that it goes on where it was stopped.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    manifests: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    plugins: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    raw: Path = Path()
    device: str = "cpu"
    progress: Callable[[float, str], None] = _silent
    state: Checkpoint = field(default_factory=Unsaved)
