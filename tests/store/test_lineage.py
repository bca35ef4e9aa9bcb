from __future__ import annotations

from typing import Any

from hembench.store.lineage import lineage


def manifest(stage: str, cell: str, key: str = "k", **more: Any) -> dict[str, Any]:
    return {
        "stage": stage,
        "cell": cell,
        "key": key,
        "environment": {"device": "cpu"},
        "run": {"host": "h", "git": {"commit": "abc", "dirty": False}},
        **more,
    }


def test_a_training_is_told_of_as_long_as_its_numbers_are_read() -> None:
    adoption = {"from": "train/a/0", "because": "renamed"}
    train = manifest("train", "a", adoption=adoption)
    first = lineage({"network": train, "clean": manifest("prepare", "set")})
    git = {"commit": "abc", "dirty": False}
    wanted = {"stage": "train", "cell": "a", "key": "k", "environment": {"device": "cpu"}, "git": git}
    wanted["adoption"] = adoption
    assert first == [wanted]
    predict, attack = (manifest(stage, "a", lineage=first) for stage in ("predict", "attack"))
    second = lineage({"p": predict, "q": attack})
    assert [entry["stage"] for entry in second] == ["attack", "predict", "train"], "once, though two read it"
    assert second[2] == wanted
    assert second[0]["adoption"] is None


def test_results_of_one_cell_under_two_keys_are_two() -> None:
    found = lineage({"a": manifest("train", "a", "2"), "b": manifest("train", "a", "1")})
    assert [entry["key"] for entry in found] == ["1", "2"]


def test_an_evaluation_ends_the_line() -> None:
    assert (
        lineage({"evaluate.c": manifest("evaluate", "c", lineage=lineage({"p": manifest("predict", "a")}))}) == []
    )
