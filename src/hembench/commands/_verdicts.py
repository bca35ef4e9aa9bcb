"""Which of the paper's claims an edit of a study touches: those whose numbers are worked out anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.plan.difference import made, own_changes
from hembench.plan.jobs import Job, Plan

if TYPE_CHECKING:
    from hembench.claims._evidence import Evidence

GRID = ("cells.", "conditions", "variants")
"""Options that name a study's cells: what they add or take away is told by what evaluations read."""


def touched(old: Plan, new: Plan) -> list[str]:
    """Return the ids of the claims that rest on other numbers, or are judged otherwise, than in the old plan.

    Both plans count: a condition that is gone takes its numbers along. None where the new one judges no claims.
    """
    before, now = (next(iter(plan.of_stage("claims")), None) for plan in (old, new))
    if now is None or (before is not None and before.key == now.key):
        return []
    from hembench.claims._rests import rests
    from hembench.claims.verdict import GROUPS

    otherwise = before is None or _otherwise(old, before, new, now)
    changed = _changed(old, new, otherwise)
    # claims of another code may have facts that this one can't read; then all that are measured count anyway
    evidence = [_evidence(job) for job in (now, None if otherwise else before) if job is not None]
    return [
        claim.id
        for claims in GROUPS.values()
        for claim in claims
        if any(claim.task in one.tasks and rests(claim, one, changed) for one in evidence)
    ]


def _otherwise(old: Plan, before: Job, new: Plan, now: Job) -> bool:
    """Tell whether a result of the same name is worked out in another way, whatever it is worked out from."""
    return any(not change.name.startswith(GRID) for change in own_changes(made(old, before), made(new, now)))


def _changed(old: Plan, new: Plan, everything: bool) -> dict[str, dict[str, set[str]]]:
    """Return condition -> variant -> stages of its networks that changed; see ``claims._rests.Changed``."""
    earlier, later = ({job.cell: job for job in plan.of_stage("evaluate")} for plan in (old, new))
    found: dict[str, dict[str, set[str]]] = {}
    for condition in {**earlier, **later}:
        both = condition in earlier and condition in later
        anew = everything or not both or _otherwise(old, earlier[condition], new, later[condition])
        for plan, jobs, others in ((old, earlier, later), (new, later, earlier)):
            known = others[condition].inputs if both else {}
            for role, path in jobs[condition].inputs.items() if condition in jobs else ():
                if "network" not in plan.jobs[path].inputs:
                    continue  # the test set, whose pictures are shown: predictions rest on it as well
                variant = _variant(plan, jobs[condition], path)
                stages = found.setdefault(condition, {}).setdefault(variant, set())
                if anew or known.get(role) != path:
                    stages.add(plan.jobs[path].stage)
    return found


def _variant(plan: Plan, evaluation: Job, path: str) -> str:
    """Return the variant of the network whose prediction or attack an evaluation reads."""
    network = plan.jobs[plan.jobs[path].inputs["network"]].cell
    return str(evaluation.options["cells"][network]["variant"])


def _evidence(job: Job) -> Evidence:
    from hembench.claims._evidence import Condition, Evidence, Variant

    return Evidence(
        frames={},
        conditions=tuple(Condition(**one) for one in job.options["conditions"]),
        variants=tuple(Variant(**one) for one in job.options["variants"]),
    )
