"""`hembench ...` in a process that counts the shards it writes: a byte for each, kept when it is killed.

Arguments: file of the counts, seconds to sleep after each shard, the command's arguments.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from hembench.cli import main
from hembench.store.content import Content
from hembench.store.state import State

counts = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
part = State.part


def counted(self: State, name: str, write: Content) -> Content:
    def told(path: Path) -> None:
        write(path)
        os.write(counts, b"s")
        time.sleep(float(sys.argv[2]))

    return part(self, name, told)


State.part = counted  # type: ignore[method-assign]
sys.exit(main(sys.argv[3:]))
