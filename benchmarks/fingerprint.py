"""Time of the code fingerprint over the real package: every stage and plug-in, cold and from the cache.

Run: ``python benchmarks/fingerprint.py``. Both times come from one run; their ratio is what a machine's speed
does not change.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from hembench.core.plugins import ENTRY, PACKAGE, constants, entry, has_function, names
from hembench.plan.fingerprint import Fingerprinter

STAGES = [name for name in names("stages") if "SCHEMA" in constants("stages", name) and name != "fetch"]
ENTRIES: list[tuple[str, str | None]] = [
    *((f"hembench.stages.{stage}", None) for stage in STAGES),
    *(
        (f"hembench.{kind}.{name}", entry(kind, name))
        for kind in ENTRY
        for name in names(kind)
        if has_function(kind, name, entry(kind, name))
    ),
]


def seconds(cache: Path) -> float:
    started = time.perf_counter()
    fingerprinter = Fingerprinter(PACKAGE, cache)
    for each in ENTRIES:
        fingerprinter.code([each])
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cold = seconds(Path(folder) / "cold.json")
        cached = min(seconds(Path(folder) / "cold.json") for _ in range(5))
        size = (Path(folder) / "cold.json").stat().st_size
    files = list(PACKAGE.rglob("*.py"))
    lines = sum(len(path.read_bytes().splitlines()) for path in files)
    print(f"{len(files)} files, {lines} lines, {len(ENTRIES)} entries; cache {size / 1024:.0f} kB")
    print(f"cold {cold * 1000:.0f} ms, cached {cached * 1000:.1f} ms, ratio {cold / cached:.0f}")


if __name__ == "__main__":
    main()
