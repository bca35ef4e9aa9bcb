"""What lies behind a result: where its networks were made and with what. Carried from manifest to manifest.

A training may be pruned, and a page far downstream still says with which versions it was made. No content holds
any of this: the bytes of a result don't depend on names of machines, on times, or on an input's adoption.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CARRIED = ("train", "predict", "attack")
"""Stages whose results depend on device and library versions the most, and which are told of downstream."""


def lineage(manifests: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each carried result among the inputs and behind them, where and how it was made, once.

    Args:
        manifests: of a job's inputs, by role.

    Returns:
        Dicts of stage, cell, key, environment, git (commit and whether it was changed; None: not known) and
        adoption (None: computed, not taken over), sorted by stage, cell and key. Empty behind stages that are not
        carried: an evaluation ends the line.
    """
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for manifest in manifests.values():
        if manifest.get("stage") not in CARRIED:
            continue
        for entry in (*manifest.get("lineage", ()), _entry(manifest)):
            found[entry["stage"], entry["cell"], entry["key"]] = entry
    return [found[place] for place in sorted(found)]


def _entry(manifest: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: manifest[name] for name in ("stage", "cell", "key")}
    git = manifest.get("run", {}).get("git")
    return {
        **told,
        "environment": manifest.get("environment", {}),
        "git": git,
        "adoption": manifest.get("adoption"),
    }
