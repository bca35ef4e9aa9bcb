from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hembench.core.errors import PluginError
from hembench.frames import conditions, pairs, parts, variants
from hembench.stages._gather import frames_for
from hembench.stages.api import Inputs
from hembench.stages.evaluate_episodes import ACCURACIES
from hembench.store.content import frame
from hembench.tables import classes as of_classes

PLANNED = Inputs(
    folders={},
    plugins={
        "frame.variants": variants.frame,
        "frame.conditions": conditions.frame,
        "frame.pairs": pairs.frame,
        "frame.parts": parts.frame,
    },
)
LOSSES = {
    "ce": {"name": "ce", "options": {}},
    "hem": {"name": "hem", "options": {"margin": None, "power": 1.0}},
    "wide": {"name": "hem", "options": {"margin": 5.0, "power": 1.0}},
}


def with_variants(variants: pd.DataFrame) -> None: ...


def with_another(variations: pd.DataFrame) -> None: ...


def test_options_of_variants_in_the_order_to_be_shown() -> None:
    options = {"conditions": [], "variants": ["wide", "ce", "hem"], "losses": LOSSES}
    (found,) = frames_for(with_variants, PLANNED, options)
    assert found.astype({"variant": "str"}).to_numpy().tolist() == [
        ["wide", "hem", "margin", 5.0],
        ["wide", "hem", "power", 1.0],
        ["hem", "hem", "margin", None],
        ["hem", "hem", "power", 1.0],
    ]
    assert found["variant"].cat.categories.tolist() == ["wide", "ce", "hem"]
    assert found["variant"].cat.ordered


def test_a_frame_that_does_not_exist() -> None:
    with pytest.raises(PluginError, match=r"asks for 'variations'.*histograms.* and those of frames/"):
        frames_for(with_another, Inputs(folders={}), {"conditions": [], "variants": []})


def with_conditions(conditions: pd.DataFrame) -> None: ...


def test_what_conditions_are_in_the_order_to_be_shown() -> None:
    facts = {"long_tailed": False, "complete": True, "training_images": 60_000}
    facts |= {"unit": "", "uncounted": "fcn", "stands": True}
    known = [
        {"name": "mine", "of_paper": None, **facts},
        {"name": "digits", "of_paper": ["mnist", "mlp"], **facts, "long_tailed": True},
    ]
    options = {"conditions": ["mine", "digits"], "variants": [], "facts": known}
    (found,) = frames_for(with_conditions, PLANNED, options)
    assert found.astype({"condition": "str"}).to_numpy().tolist() == [
        ["mine", "", False, True, 60_000, "", "fcn", True],
        ["digits", "mnist-mlp", True, True, 60_000, "", "fcn", True],
    ]


def with_pairs(pairs: pd.DataFrame) -> None: ...


def test_pairs_are_the_conditions_that_learn_in_episodes() -> None:
    pair = {"strategy": "si_10", "incremental": "domain"}
    options = {"conditions": ["b", "a"], "variants": [], "pairs": {"sixteen": "C", "conditions": {"a": pair}}}
    (found,) = frames_for(with_pairs, PLANNED, options)
    assert found.astype({"condition": "str"}).to_numpy().tolist() == [["a", "si_10", "domain", "C"]]
    assert found["condition"].cat.categories.tolist() == ["b", "a"]
    none = frames_for(with_pairs, PLANNED, options | {"pairs": {"sixteen": "A", "conditions": {}}})[0]
    assert len(none) == 0
    assert list(none) == list(found)


def with_accuracies(accuracies: pd.DataFrame) -> None: ...


def test_accuracies_are_of_the_conditions_that_have_them(tmp_path: Path) -> None:
    folders = {f"evaluate.{name}": tmp_path / name for name in ("a", "b")}
    row = dict.fromkeys(ACCURACIES, 0) | {"condition": "b", "variant": "hem", "accuracy": 0.5}
    for folder in folders.values():
        folder.mkdir()
    options = {"conditions": ["a", "b"], "variants": ["ce", "hem"]}
    (none,) = frames_for(with_accuracies, Inputs(folders=folders), options)
    frame(pd.DataFrame([row]))(folders["evaluate.b"] / "accuracies.parquet")
    (found,) = frames_for(with_accuracies, Inputs(folders=folders), options)
    assert found[["condition", "variant", "accuracy"]].to_numpy().tolist() == [["b", "hem", 0.5]]
    assert len(none) == 0
    assert list(none) == list(found)


def with_parts(parts: pd.DataFrame) -> None: ...


def test_members_of_sets_of_corruptions() -> None:
    of = {"a": {"c_2": ["c_x", "c_y"], "c_1": ["c_x"]}, "b": {}}
    (found,) = frames_for(with_parts, PLANNED, {"conditions": ["b", "a"], "variants": [], "parts": of})
    assert found.astype({"condition": "str"}).to_numpy().tolist() == [
        ["a", "c_2", "c_x"],
        ["a", "c_2", "c_y"],
        ["a", "c_1", "c_x"],
    ]


def with_classes(classes: pd.DataFrame) -> None: ...


def test_a_frame_of_another_task_may_be_missing(tmp_path: Path) -> None:
    (frame,) = frames_for(
        with_classes, Inputs(folders={"evaluate.digits": tmp_path}), {"conditions": ["digits"], "variants": ["ce"]}
    )
    assert frame.empty
    assert {"condition", "variant", "class", "name", "value"} <= set(frame)
    assert of_classes.tabulate(frame).empty
