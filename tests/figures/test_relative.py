"""Figure 1 of the paper."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from hembench.figures import fig1_relative
from hembench.figures._style import Drawing


def study(values: dict[tuple[str, str], dict[str, float]]) -> pd.DataFrame:
    """Return clean accuracies by (data-set, network) and variant."""
    rows = [
        {
            "condition": f"{dataset}-{network}",
            "dataset": dataset,
            "network": network,
            "recipe": "r",
            "variant": variant,
            "loss": variant,
            "seed": 0,
            "kind": "clean",
            "set": "",
            "severity": 0,
            "score": "",
            "metric": "accuracy",
            "value": value,
            "n": 10,
        }
        for (dataset, network), each in values.items()
        for variant, value in each.items()
    ]
    frame = pd.DataFrame(rows)
    frame["condition"] = pd.Categorical(frame["condition"], list(dict.fromkeys(frame["condition"])), ordered=True)
    frame["variant"] = pd.Categorical(frame["variant"], ["ce", "ln", "hem"], ordered=True)
    return frame


Values = dict[tuple[str, str], dict[str, float]]
Draw = Callable[..., Drawing]
Facts = Callable[..., pd.DataFrame]


@pytest.fixture
def drawn(facts: Facts) -> Draw:
    """Return what draws it for values by condition of the paper and variant; ``renamed``: other labels."""

    def draw(values: Values, renamed: dict[str, str] | None = None, **options: str) -> Drawing:
        names = [f"{dataset}-{network}" for dataset, network in values]
        conditions = facts({name: name for name in names}, tuple(name for name in names if "_lt" in name))
        metrics = study(values)
        metrics["variant"] = metrics["variant"].cat.rename_categories(renamed or {})
        return fig1_relative.draw(metrics, conditions, **options)

    return draw


def average(data: pd.DataFrame, part: str) -> dict[str, float]:
    rows = data[(data["part"] == part) & (data["condition"] == "")]
    return dict(zip(rows["variant"], rows["value"], strict=True))


def test_the_ratio_of_averages_and_each_condition_beside_it(drawn: Draw) -> None:
    data = drawn({("mnist", "lenet"): {"ce": 0.8, "hem": 0.88}, ("mnist", "mlp"): {"ce": 0.4, "hem": 0.4}}).data
    assert average(data, "balanced") == pytest.approx({"ce": 0.0, "hem": 100 * (0.64 / 0.6 - 1)})
    each = data[data["variant"] == "hem"].set_index("condition")["value"]
    assert each[["mnist-lenet", "mnist-mlp"]].tolist() == pytest.approx([10.0, 0.0])


def test_long_tails_have_an_average_of_their_own(drawn: Draw) -> None:
    tail = {("cifar10_lt100", "resnet32"): {"ce": 0.5, "hem": 0.4}}
    drawing = drawn({("mnist", "lenet"): {"ce": 0.8, "hem": 0.88}} | tail)
    assert average(drawing.data, "balanced")["hem"] == pytest.approx(10.0)
    assert average(drawing.data, "long-tailed")["hem"] == pytest.approx(-20.0)
    assert "Of the paper's 4 long-tailed conditions 1 are averaged." in drawing.caption
    assert "Of the paper's 15 balanced conditions 1 are averaged." in drawing.caption


def test_conditions_without_the_reference_do_not_count(drawn: Draw) -> None:
    two = {("mnist", "lenet"): {"ce": 0.8, "hem": 0.88}, ("mnist", "mlp"): {"hem": 0.1}}
    drawing = drawn(two)
    assert average(drawing.data, "balanced")["hem"] == pytest.approx(10.0)
    assert "average over 1 condition)" in drawing.wide
    assert drawn(two, reference="ln").data.empty


def test_a_variant_that_some_conditions_lack_has_no_average_and_is_named(drawn: Draw) -> None:
    two = {("mnist", "lenet"): {"ce": 0.8, "ln": 0.9, "hem": 0.8}, ("mnist", "mlp"): {"ce": 0.8, "hem": 0.8}}
    drawing = drawn(two)
    assert set(average(drawing.data, "balanced")) == {"ce", "hem"}
    assert "Not in all balanced conditions, so without an average: ln." in drawing.caption
    assert "Losses of the paper that are missing (balanced): dice, mm." in drawing.caption
    assert "Not measured (balanced): Corruption accuracy, AUROC (MSP), DAR (MSP)." in drawing.caption


def test_a_quantity_that_no_two_losses_share_is_not_called_unmeasured(facts: Facts) -> None:
    """DAR is undefined for a network with no image right: others of its condition may have it."""
    metrics = study({("mnist", "lenet"): {"ce": 0.8, "hem": 0.88}})
    alone = metrics[metrics["variant"] == "ce"].assign(kind="attack", metric="dar", score="msp")
    metrics = pd.concat([metrics, alone], ignore_index=True)
    drawing = fig1_relative.draw(metrics, facts({"mnist-lenet": "mnist-lenet"}))
    assert "Not measured (balanced): Corruption accuracy, AUROC (MSP)." in drawing.caption
    assert "same conditions, so without an average (balanced): DAR (MSP)." in drawing.caption
    assert drawing.wide.count("no average") == 3


def test_other_tasks_have_blocks_of_their_own(facts: Facts) -> None:
    """Continual learning and segmentation in the study that holds images of digits, too."""
    metrics = study({("mnist", "lenet"): {"ce": 0.8, "hem": 0.88}})
    learnt = study(
        {("split_mnist", "ewc"): {"ce": 0.5, "hem": 0.75}, ("split_mnist", "si"): {"ce": 0.5, "hem": 0.5}}
    )
    learnt = learnt.assign(kind="episodes", metric="final_accuracy")
    dense = study({("sbd", "fpn_resnet34"): {"ce": 0.5, "hem": 0.4, "ln": 0.1}}).assign(kind="dense", metric="iou")
    parts = [part.astype({"condition": "str"}) for part in (metrics, learnt, dense)]
    whole = pd.concat(parts, ignore_index=True)
    names = list(dict.fromkeys(whole["condition"]))
    whole["condition"] = pd.Categorical(whole["condition"], names, ordered=True)
    drawing = fig1_relative.draw(whole, facts({name: name for name in names}))
    assert average(drawing.data, "balanced")["hem"] == pytest.approx(10.0)
    assert average(drawing.data, "continual learning")["hem"] == pytest.approx(25.0)
    assert average(drawing.data, "segmentation") == pytest.approx({"ce": 0.0, "hem": -20.0, "ln": -80.0})
    assert "Not in all balanced" not in drawing.caption, "ln is of segmentation alone"
    assert "Of the paper's 16 continual learning conditions 2 are averaged." in drawing.caption
    assert "Of the paper's 12 segmentation conditions 1 are averaged." in drawing.caption
    assert drawing.caption.endswith("In the paper's figure and not in this study: long-tailed.")
    for svg in (drawing.wide, drawing.narrow):
        assert svg.count(">Mean IoU<") == svg.count(">Final accuracy, learnt in episodes<") == 1
        assert svg.count("no average") == 3


def test_the_reference_is_found_by_its_loss(drawn: Draw) -> None:
    drawing = drawn({("mnist", "lenet"): {"ce": 0.8, "hem": 0.88}}, renamed={"ce": "cross_entropy"})
    assert average(drawing.data, "balanced") == pytest.approx({"cross_entropy": 0.0, "hem": 10.0})
    assert "% above cross_entropy" in drawing.wide
