"""Jobs of a stage that only writes what it is told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hembench.plan.jobs import Job, Plan, by_path
from hembench.stages.api import Inputs
from hembench.store.content import Content, text


@dataclass
class Stage:
    """A stage that writes what it is told, and remembers with what it was called."""

    calls: list[tuple[Inputs, dict[str, Any]]] = field(default_factory=list)
    broken: dict[str, Exception] = field(default_factory=dict)
    signalled: set[str] = field(default_factory=set)

    def compute(self, inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
        self.calls.append((inputs, options))
        if options["name"] in self.signalled:
            self.signalled.remove(options["name"])
            os.kill(os.getpid(), signal.SIGTERM)
        if inputs.state.due():
            inputs.state.save(f"state of {options['name']}".encode(), "step 7")
        if options["name"] in self.broken:
            raise self.broken[options["name"]]
        return {"a.txt": text(options["name"]), "b.txt": text("always the same")}

    @property
    def made(self) -> list[str]:
        return [options["name"] for _, options in self.calls]


def job(stage: str, cell: str, inputs: dict[str, Job] | None = None) -> Job:
    sources = inputs or {}
    options = {"name": f"{stage} {cell}", "dataset": "made"}
    keys = {role: source.key for role, source in sources.items()}
    ingredients = {"stage": stage, "schema": 1, "options": options, "code": "c0de", "inputs": keys}
    plugins = {"score": ("scores", "msp", "msp")}
    return Job(stage, cell, "fake", options, plugins, {role: s.path for role, s in sources.items()}, ingredients)


SET = job("prepare", "made-train")
TRAIN = job("train", "made-ce-s0", {"train": SET})
PREDICT = job("predict", "made-ce-s0-main", {"network": TRAIN, "clean": SET})
ATTACK = job("attack", "made-ce-s0-linf", {"network": TRAIN, "clean": SET})
EVALUATE = job("evaluate", "made", {"predict.main.made-ce-s0": PREDICT})
PLAN = Plan("tiny", by_path([SET, TRAIN, PREDICT, ATTACK, EVALUATE]), {"c0de": {"hembench.f": "abc"}})


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
