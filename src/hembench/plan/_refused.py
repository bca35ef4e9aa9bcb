"""What followed code may not do, by the lists in ``plan.boundary``: each function says why not, "" if it may."""

from __future__ import annotations

from hembench.plan.boundary import EXCUSED, HARMLESS, HIDDEN, READERS, UNKEYED

ADVICE = (
    "a result could depend on it, and its key would not: use plain names, absolute imports, and options for "
    "what a result depends on"
)


def unresolvable(module: str, dotted: str) -> str:
    """Return what a name of another package does that followed code may not do; empty if it may."""
    for name, what in (HIDDEN | UNKEYED).items():
        if within(dotted, name) and not any(within(dotted, other) for other in HARMLESS):
            return "" if excused(module, name, what) else what
    return ""


def reads_files(module: str, dotted: str) -> str:
    """Return why a module may not use a definition that reads files; empty if it may, or if that reads none."""
    for reader, rooms in READERS.items():
        if within(dotted, reader) and not any(within(module, room) for room in rooms):
            return f"it may read files (they are in no key), so it is for {', '.join(rooms)} alone"
    return ""


def excused(module: str, *said: str) -> bool:
    """Tell whether a module may do what was said of it, as its room has a reason for that."""
    return any(within(module, room) and of in said for room, of in EXCUSED)


def within(dotted: str, prefix: str) -> bool:
    """Tell whether a dotted name is another one, or lies in it."""
    return dotted == prefix or dotted.startswith(f"{prefix}.")
