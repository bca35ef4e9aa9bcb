"""`hembench ...` in a process that counts its work: a byte for every step, set and shard, kept when it is killed.

Arguments: file of the counts, seconds to sleep at each step (five times as long at sets and shards, so that their
state is saved after each), the command's arguments.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from hembench.cli import main
from hembench.core import plugins
from hembench.engine.loop import Trainer

counts = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def counted(function: Callable[..., Any], letter: bytes, times: int) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        answer = function(*arguments, **options)
        os.write(counts, letter)
        time.sleep(times * float(sys.argv[2]))
        return answer

    return call


Trainer._train_on = counted(Trainer._train_on, b"t", 1)  # type: ignore[method-assign]
for kind, name, function, letter in (
    ("tasks", "classification", "predict", b"p"),
    ("attacks", "autoattack_paper", "attack", b"a"),
):
    module = plugins.load(kind, name)
    setattr(module, function, counted(getattr(module, function), letter, 5))
sys.exit(main(sys.argv[3:]))
