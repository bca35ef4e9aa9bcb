from __future__ import annotations

from typing import Any

from hembench.core.digest import short
from hembench.plan.difference import Change, Made, causes, own_changes


def result(
    options: dict[str, Any], definitions: dict[str, str], inputs: dict[str, Made] | None = None, **more: Any
) -> Made:
    ingredients = {
        "stage": "x",
        "schema": more.pop("schema", 1),
        "options": options,
        "code": short(definitions),
        "inputs": {role: source.key for role, source in (inputs or {}).items()},
        **more,
    }
    return Made(
        short(ingredients), ingredients, definitions, {role: source.key for role, source in (inputs or {}).items()}
    )


def explain(old: Made, new: Made, *known: Made) -> list[Change]:
    by_key = {made.key: made for made in known}
    return causes(old, new, by_key.get, by_key.__getitem__)


def test_an_option_is_named_by_its_whole_path() -> None:
    old, new = result({"loss": {"options": {"power": 1.0}}}, {}), result({"loss": {"options": {"power": 0.5}}}, {})
    assert explain(old, new) == [Change("option", "loss.options.power", 1.0, 0.5)]


def test_a_definition_that_came_or_went_has_no_other_side() -> None:
    old, new = result({}, {"a": "1", "b": "2"}), result({}, {"b": "3", "c": "4"})
    assert explain(old, new) == [
        Change("code", "a", "1", None),
        Change("code", "b", "2", "3"),
        Change("code", "c", None, "4"),
    ]


def test_changed_inputs_are_followed_to_their_first_cause() -> None:
    data = [result({}, {}, data={"files": {"x": sum_}}) for sum_ in ("old", "new")]
    train = [result({}, {}, {"train": made}) for made in data]
    predict = [
        result({}, {}, {"network": made, "clean": made_data}) for made, made_data in zip(train, data, strict=True)
    ]
    assert explain(predict[0], predict[1], *data, *train) == [Change("data", "files.x", "old", "new")]


def test_an_input_whose_manifest_is_gone_is_named_itself() -> None:
    old_train, new_train = result({"seed": 0}, {}), result({"seed": 1}, {})
    old, new = result({}, {}, {"network": old_train}), result({}, {}, {"network": new_train})
    assert explain(old, new, new_train) == [Change("input", "network", old_train.key, new_train.key)]


def test_an_own_change_and_one_of_an_input_are_both_named() -> None:
    inputs = [result({}, {"f": hash_}) for hash_ in ("1", "2")]
    old, new = (result({"k": n}, {}, {"in": made}) for n, made in enumerate(inputs))
    assert [change.kind for change in explain(old, new, *inputs)] == ["code", "option"]


def test_the_first_cause_comes_first() -> None:
    inputs = [result({"z": n}, {}) for n in range(2)]
    old, new = (result({"a": n}, {"f": str(n)}, {"in": made}) for n, made in enumerate(inputs))
    assert [change.name for change in explain(old, new, *inputs)] == ["z", "f", "a"]


def test_an_added_input_is_named() -> None:
    extra = result({"extra": 1}, {})
    old, new = result({}, {}), result({}, {}, {"more": extra})
    assert explain(old, new, extra) == [Change("input", "more", None, extra.key)]


def test_the_same_result_has_no_changes() -> None:
    made = result({"a": 1}, {"f": "1"})
    assert own_changes(made, made) == explain(made, made) == []


def test_a_new_layout_is_a_change_of_code() -> None:
    assert own_changes(result({}, {}), result({}, {}, schema=2)) == [Change("code", "schema", 1, 2)]
