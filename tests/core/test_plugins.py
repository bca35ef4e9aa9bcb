"""Options of plug-ins are checked from their source: types, bounds, defaults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from hembench.core import plugins
from hembench.core.errors import ConfigError, PluginError
from hembench.plan.sets import members

KINDS = (
    "losses",
    "networks",
    "datasets",
    "ood",
    "corruptions",
    "attacks",
    "strategies",
    "episodes",
    "tables",
    "figures",
)

REFUSED = [
    ("losses", "hem", "power", 0, "more than 0, got 0"),
    ("losses", "hem", "power", -1, "more than 0, got -1"),
    ("losses", "hem", "power", True, "a number, got true"),
    ("losses", "hem", "power", "0.5", 'a number, got "0.5"'),
    ("losses", "hem", "power", float("nan"), "a finite number"),
    ("losses", "hem", "margin", -0.1, "at least 0"),
    ("losses", "hem", "margin", "0.1", "a number"),
    ("losses", "hem", "margin_rule", "totl", "'total' or 'per_class', got \"totl\""),
    ("losses", "hem_plus", "margin_constant", 0, "more than 0"),
    ("losses", "ce", "label_smoothing", 1.5, "at most 1"),
    ("losses", "la", "tau", -1, "at least 0"),
    ("losses", "ln", "temperature", 0, "more than 0"),
    ("losses", "ln", "temperature", None, "a number, got null"),
    ("networks", "mlp", "width", 0, "at least 1"),
    ("networks", "mlp", "width", 64.5, "a whole number, got 64.5"),
    ("networks", "convnet", "pooled", 9, "at most 4"),
    ("networks", "lenet", "channels", 0, "at least 1"),
    ("networks", "resnet", "depth", 19, "18, 32 or 50"),
    ("datasets", "digits", "imbalance", 0.5, "at least 1"),
    ("ood", "blobs", "cut", 2, "at most 1"),
    ("ood", "blobs", "sigma", 0, "more than 0"),
    ("ood", "permuted", "fresh", 1, "true or false, got 1"),
    ("tables", "ood", "scores", ["msp", 1], "item 2: expected text, got 1"),
    ("tables", "ood", "scores", "msp", "a list"),
]


@pytest.mark.parametrize(("kind", "name", "option", "value", "words"), REFUSED)
def test_a_value_of_another_type_or_out_of_bounds_is_refused(
    kind: str, name: str, option: str, value: Any, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        plugins.check_options(kind, name, {option: value}, where="losses (hem)")
    assert str(caught.value).startswith(f"losses (hem): option {option!r} of {name!r}")
    assert words in str(caught.value)


@pytest.mark.parametrize("option", ["steps", "queries", "eps"])
def test_numbers_of_attacks_are_bounded(option: str) -> None:
    given = {"norm": "Linf", "eps": 0.3, "num_classes": 10, option: 0}
    with pytest.raises(ConfigError, match=f"option {option!r} of .*: expected .*, got 0"):
        plugins.check_options("attacks", "autoattack_paper", given)


def numbers() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind in KINDS:
        for name in plugins.names(kind):
            if kind == "corruptions" and members(name):
                continue
            for option in plugins.signature(kind, name)[1].values():
                shape = plugins.adapter(option).json_schema()
                for part in shape.get("anyOf", [shape]):
                    if (
                        part.get("type") in ("number", "integer")
                        and option.name != "num_classes"
                        and "enum" not in part
                    ):
                        yield f"{kind}/{name}", option.name, part


def test_every_number_has_a_bound() -> None:
    """Else a value that its plug-in refuses is found out in a job, hours later."""
    bounds = {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}
    found = list(numbers())
    assert len(found) > 20
    assert [(name, option) for name, option, shape in found if not bounds & set(shape)] == []


def test_a_whole_number_may_be_written_with_a_point_and_the_other_way_round() -> None:
    width = plugins.check_options("networks", "mlp", {"width": 64.0})["width"]
    power = plugins.check_options("losses", "hem", {"power": 2})["power"]
    assert (width, type(width)) == (64, int)
    assert (power, type(power)) == (2.0, float)


def test_lists_are_taken_for_tuples_and_defaults_are_filled_in() -> None:
    assert plugins.check_options("tables", "ood", {"scores": ["msp"]}) == {"scores": ("msp",)}
    assert plugins.check_options("losses", "hem", {})["margin"] is None


# -- files that somebody is writing


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "losses").mkdir()
    monkeypatch.setattr(plugins, "PACKAGE", tmp_path)
    plugins.signature.cache_clear()
    yield tmp_path / "losses"
    plugins.signature.cache_clear()


def test_a_plugin_that_is_not_valid_python_is_named_with_its_line(package: Path) -> None:
    (package / "mine.py").write_text("def build(num_classes):\n    return (\n", encoding="utf-8")
    with pytest.raises(PluginError, match=r"mine\.py:2: this file is not valid Python"):
        plugins.check_options("losses", "mine", {})


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        ("Annotated[float, Positive()]", r"'Positive\(\)' is no bound of an option: use Ge, Gt, Le, Lt"),
        ("Annotated[float, Gt(LOW)]", r"'Gt\(LOW\)' is no bound"),
        ("complex", "annotation 'complex' of an option is not supported"),
    ],
)
def test_a_hint_that_cannot_be_read_is_refused_with_its_line(package: Path, hint: str, words: str) -> None:
    (package / "mine.py").write_text(
        f"def build(num_classes, *, rate: {hint} = 1.0):\n    pass\n", encoding="utf-8"
    )
    with pytest.raises(PluginError, match=rf"mine\.py:1: .*{words}"):
        plugins.check_options("losses", "mine", {})


def test_bounds_are_read_without_importing_the_file(package: Path) -> None:
    text = "import nowhere\n\n\ndef build(n, *, rate: Annotated[float, Ge(0), Lt(1)] | None = 0.5):\n    pass\n"
    (package / "mine.py").write_text(text, encoding="utf-8")
    shape = plugins.adapter(plugins.signature("losses", "mine")[1]["rate"]).json_schema()
    assert shape["anyOf"][0] == {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    assert isinstance(plugins.adapter(plugins.signature("losses", "mine")[1]["rate"]), TypeAdapter)
