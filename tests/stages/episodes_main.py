"""`hembench run STAGE CELL` for several cells, one after another, in a process that counts its work.

A step of the cell number n writes the digit n, kept when the process is killed. Arguments: file of the counts,
seconds to sleep at each step, "run", the stage, the cells.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from hembench.cli import main
from hembench.engine.loop import Trainer

counts = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def counted(function: Callable[..., Any], letter: str) -> Callable[..., Any]:
    def call(*arguments: Any) -> None:
        function(*arguments)
        os.write(counts, letter.encode())
        time.sleep(float(sys.argv[2]))

    return call


train_on = Trainer._train_on
for number, cell in enumerate(sys.argv[5:]):
    Trainer._train_on = counted(train_on, str(number))  # type: ignore[method-assign]
    status = main([*sys.argv[3:5], cell])
    if status:
        sys.exit(status)
