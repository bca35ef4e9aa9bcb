"""Python imports this at its start, in the processes that test_several.py starts: they count their steps.

Environment: SEVERAL_COUNTS: file to which each step adds a letter, "a" by the first rank, "b" by the second;
SEVERAL_SLEEP: seconds to sleep at each step; SEVERAL_FAIL: step at which the second rank fails.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

if "RANK" in os.environ and "-m" in sys.orig_argv and "SEVERAL_COUNTS" in os.environ:
    from hembench.core.errors import InputError
    from hembench.engine.loop import Trainer

    counts = os.open(os.environ["SEVERAL_COUNTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    step = Trainer._train_on

    def counted(self: Trainer, *arguments: Any) -> None:
        if self.ranks.number == 1 and self.step == int(os.environ.get("SEVERAL_FAIL", "-1")):
            raise InputError("the second rank has a message")
        step(self, *arguments)
        os.write(counts, b"ab"[self.ranks.number : self.ranks.number + 1])
        time.sleep(float(os.environ.get("SEVERAL_SLEEP", "0")))

    Trainer._train_on = counted  # type: ignore[method-assign]
