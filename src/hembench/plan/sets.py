"""Names of evaluation sets that are not one plug-in each: data-sets as OOD sets, and sets of corruptions.

A set of corruptions is a file with MEMBERS. It stands for its members, each named by the set and its own name:
files of their own where the images are made here, parts of a published archive where its file has a ``read``. A
label for a set may leave members out: it stands for a part of the set.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError, nearest
from hembench.core.wording import shown

NATURAL = "prepare_ood_natural"
"""Stage file that makes an OOD set of a data-set; the options of its ``adapt`` are those of such a set."""

PUBLISHED = "prepare_corruption_published"
"""Stage file that reads a corruption out of a published set."""

WITHOUT = "without"
"""Option of a label for a set of corruptions: the members that are left out."""

PER_SHARD = 512
"""Images in a shard of a set that fits no memory: 77 MB where they have 224x224 pixels, in colour."""

DENSE_SHARD = 512 * 2**20
"""Bytes of a shard where pixels have labels: pictures differ much in size."""


def is_large(kind: str, name: str) -> bool:
    """Tell whether a data-set's sets, or published corruptions, fit no memory: constant LARGE of the file."""
    return bool(plugins.constants(kind, name).get("LARGE", False))


def is_dense(dataset: str) -> bool:
    """Tell whether a data-set has a label for each pixel: constant IGNORED of its file."""
    return "IGNORED" in plugins.constants("datasets", dataset)


def dense_shard(dataset: str) -> int:
    """Return how many pictures of a dense data-set, with their labels, are in a shard."""
    channels, height, width = plugins.constants("datasets", dataset)["IMAGE_SHAPE"]
    return int(max(DENSE_SHARD // ((channels + 1) * height * width), 1))


def num_classes(dataset: str, options: dict[str, Any]) -> int:
    """Return how many classes a data-set has: its option ``classes``, if it has one, else what its file says."""
    return int(options.get("classes", plugins.constants("datasets", dataset)["NUM_CLASSES"]))


def names(kind: str) -> list[str]:
    """Return what a section or list of a study can name: plug-ins of its kind, and what stands in for them."""
    more: list[str] = []
    if kind == "ood":
        more = plugins.names("datasets")
    if kind == "corruptions":
        more = list(_published(plugins.PACKAGE))
    return sorted({*plugins.names(kind), *more})


def is_natural(ood: str) -> bool:
    """Tell whether an OOD set of this name is a data-set and not a generator."""
    return ood in plugins.names("datasets")


def members(corruption: str) -> list[str]:
    """Return the names that a set of corruptions stands for, in its order; none for a single corruption."""
    if corruption not in plugins.names("corruptions"):
        return []
    return [f"{corruption}_{member}" for member in _facts(corruption).get("MEMBERS", ())]


def part(label: str, corruption: str, options: dict[str, Any]) -> list[str]:
    """Return the members of a set of corruptions less those that its label leaves out.

    Args:
        label: of the part, for messages.
        corruption: name of the set.
        options: of the label: none, or ``without``, a list of members by their own names.

    Raises:
        ConfigError: another option, no list, a name that is no member, or nothing left.
    """
    where = f"corruptions.{label}"
    for option in options:
        if option != WITHOUT:
            raise ConfigError(
                f"{where}: {corruption!r} is a set: it has no option {option!r}, only {WITHOUT!r} "
                f"(members to leave out).{nearest(option, [WITHOUT])}"
            )
    whole, left_out = members(corruption), options.get(WITHOUT, [])
    if not isinstance(left_out, list):
        raise ConfigError(
            f"{where}.{WITHOUT}: expected a list of members of {corruption!r}, got {shown(left_out)}."
        )
    known = [name.removeprefix(f"{corruption}_") for name in whole]
    for member in left_out:
        if member not in known:
            raise ConfigError(
                f"{where}.{WITHOUT}: {member!r} is no member of {corruption!r}.{nearest(str(member), known)} "
                f"Members: {', '.join(known)}."
            )
    kept = [name for name, member in zip(whole, known, strict=True) if member not in left_out]
    if not kept:
        raise ConfigError(f"{where}.{WITHOUT} leaves nothing of {corruption!r}.")
    return kept


def published(corruption: str) -> tuple[str, str] | None:
    """Return (set, member) where a corruption's name stands for a part of a published set."""
    return _published(plugins.PACKAGE).get(corruption)


def severities(corruption: str) -> list[int]:
    """Return the severities of a single corruption, made or published."""
    part_of = published(corruption)
    return list(_facts(part_of[0] if part_of else corruption)["SEVERITIES"])


@cache
def _published(package: Path) -> dict[str, tuple[str, str]]:  # noqa: ARG001
    """Return (set, member) of every part of the published sets; a large study asks tens of thousands of times."""
    found: dict[str, tuple[str, str]] = {}
    for name in plugins.names("corruptions"):
        if plugins.has_function("corruptions", name, "read"):
            for member in members(name):
                found.setdefault(member, (name, member.removeprefix(f"{name}_")))
    return found


def _facts(corruption: str) -> dict[str, Any]:
    return plugins.constants("corruptions", corruption)
