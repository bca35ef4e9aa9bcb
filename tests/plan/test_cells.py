from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hembench.core.errors import ConfigError
from hembench.plan.cells import Condition, conditions_of, variant_order
from hembench.plan.plugged import Plugin, attack_plugin
from hembench.plan.study import StudyConfig, parse
from hembench.plan.written import written_out

CONFIG = Path(__file__).parents[2] / "config"
QUICK = {"optimiser": {"name": "adam", "learning_rate": 0.001}, "epochs": 1, "batch_size": 32}


def study(**changes: Any) -> StudyConfig:
    config = {
        "study": "small",
        "seeds": [0, 1],
        "conditions": [{"dataset": "digits", "network": "mlp"}],
        "losses": {"ce": {}, "hem": {}},
    }
    return parse(config | changes)


def conditions(config: StudyConfig) -> list[Condition]:
    return conditions_of(config, CONFIG / "recipes")


def names(config: StudyConfig) -> list[str]:
    return [cell.name for condition in conditions(config) for cell in condition.cells]


def test_cells_are_condition_times_variant_times_seed() -> None:
    assert names(study()) == ["digits-mlp-ce-s0", "digits-mlp-ce-s1", "digits-mlp-hem-s0", "digits-mlp-hem-s1"]


def test_only_classification_trains_a_cell_by_several_processes() -> None:
    config = study(recipes={"digits": QUICK | {"processes": 2}})
    assert conditions(config)[0].cells[0].recipe["processes"] == 2
    with pytest.raises(ConfigError, match="recipe 'digits' has cells trained by 2 processes, and other trains"):
        conditions(config.model_copy(update={"task": "other"}))


def test_a_recipe_of_another_name_is_part_of_the_name() -> None:
    config = study(
        recipes={"quick": QUICK}, conditions=[{"dataset": "digits", "network": "mlp", "recipe": "quick"}]
    )
    assert conditions(config)[0].name == "digits-mlp-quick"
    assert conditions(config)[0].cells[0].recipe["epochs"] == 1


def test_a_labelled_dataset_uses_the_recipe_of_its_own_name() -> None:
    config = study(
        datasets={"digits_lt10": {"dataset": "digits", "imbalance": 10}},
        conditions=[{"dataset": "digits_lt10", "network": "mlp"}],
    )
    (condition,) = conditions(config)
    assert (condition.name, condition.recipe) == ("digits_lt10-mlp", "digits")
    assert condition.dataset_plugin.options["imbalance"] == 10
    assert "imbalance" not in condition.test_options


def test_own_losses_and_seeds_of_a_condition() -> None:
    config = study(
        conditions=[
            {"dataset": "digits", "network": "mlp", "losses": ["ce"], "seeds": [7]},
            {"dataset": "digits", "network": "convnet"},
        ]
    )
    assert names(config)[0] == "digits-mlp-ce-s7"
    assert len(names(config)) == 1 + 4


def test_options_are_checked_and_filled_in() -> None:
    (condition,) = conditions(study(losses={"hem_p05": {"loss": "hem", "power": 0.5}}))
    options = condition.cells[0].loss.options
    assert (options["power"], options["margin_constant"], options["margin"]) == (0.5, 2000.0, None)
    with pytest.raises(ConfigError, match=r"no option 'powr'. Did you mean 'power'\?"):
        conditions(study(losses={"hem": {"powr": 0.5}}))
    with pytest.raises(ConfigError, match="option 'power' of 'hem'"):
        conditions(study(losses={"hem": {"power": "half"}}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"losses": {"hme": {}}}, "'hme' is unknown. Did you mean 'hem'?"),
        ({"losses": {"a": {"loss": "hme"}}}, "'hme' is unknown. Did you mean 'hem'?"),
        ({"conditions": [{"dataset": "digts", "network": "mlp"}]}, "'digts' is unknown. Did you mean 'digits'?"),
        ({"conditions": [{"dataset": "digits", "network": "mpl"}]}, "Did you mean 'mlp'?"),
        ({"conditions": [{"dataset": "digits", "network": "mlp", "losses": ["hme"]}]}, "Did you mean 'hem'?"),
        ({"conditions": [{"dataset": "digits", "network": "mlp", "recipe": "digit"}]}, "Did you mean 'digits'?"),
        ({"conditions": [{"dataset": "digits", "network": "mlp"}] * 2}, "'digits-mlp' is listed more than once"),
    ],
)
def test_misspelt_names_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        conditions(study(**changes))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        ("datasets", {"dataset": "digits"}),
        ("networks", {"network": "mlp"}),
        ("losses", {"loss": "hem"}),
        ("ood", {"ood": "blobs"}),
        ("corruptions", {"corruption": "noise"}),
        ("recipes", QUICK),
    ],
)
def test_a_label_that_nothing_uses_is_refused(section: str, entry: dict[str, Any]) -> None:
    only = [{"dataset": "digits", "network": "mlp", "losses": ["ce"]}]
    losses: dict[str, Any] = {"ce": {}}
    changes = {"losses": losses, "conditions": only} | {
        section: {"spare": entry} | (losses if section == "losses" else {})
    }
    with pytest.raises(ConfigError, match=f"{section}: 'spare' is defined but used nowhere"):
        conditions(study(**changes))


def test_order_of_variants() -> None:
    losses = {"hem_p05": {"loss": "hem", "power": 0.5}, "hem": {}, "zz": {"loss": "ce"}, "mm": {}}
    assert variant_order(study(losses=losses)) == ["zz", "mm", "hem", "hem_p05"]
    assert variant_order(study(losses=losses, order=["hem", "mm", "zz", "hem_p05"]))[0] == "hem"
    with pytest.raises(ConfigError, match=r"order: 'hme' is no label of losses:. Did you mean 'hem'\?"):
        variant_order(study(losses=losses, order=["hme", "mm", "zz", "hem_p05"]))
    with pytest.raises(ConfigError, match="order: hem of losses: is missing"):
        variant_order(study(losses=losses, order=["mm", "zz", "hem_p05"]))


def test_what_is_written_out_changes_nothing() -> None:
    attack = {"attack": "autoattack_paper", "norm": "L2", "eps": 1, "images": 5}
    evaluate = {"predict": {"main": {"corruptions": ["noise"]}}, "attacks": [attack]}
    short = study(evaluate=evaluate, results="here")
    explicit = study(
        title="small",
        losses={"hem": {"loss": "hem", "power": 1}, "ce": {"label_smoothing": 0}},
        order=["ce", "hem"],
        conditions=[
            {"network": "mlp", "dataset": "digits", "recipe": "digits", "seeds": [0, 1], "losses": ["hem", "ce"]}
        ],
        evaluate=evaluate
        | {"severities": [1, 2, 3, 4, 5], "attacks": [attack | {"steps": 10, "label": "autoattack_paper"}]},
    )
    assert [condition.cells for condition in conditions(short)] == [
        condition.cells for condition in conditions(explicit)
    ]
    assert written_out(short, conditions(short)) == written_out(explicit, conditions(explicit))
    other = study(evaluate=evaluate, losses={"ce": {}, "hem": {"power": 0.5}})
    assert written_out(other, conditions(other)) != written_out(short, conditions(short))


def test_written_out_shows_recipes_with_their_exceptions() -> None:
    config = study(recipes={"digits": QUICK | {"for_loss": {"ce": {"warmup": {"epochs": 3}}}}})
    (recipe,) = written_out(config, conditions(config))["recipes"].values()
    assert recipe["epochs"] == 1
    assert {loss: settings["warmup"]["epochs"] for loss, settings in recipe["for_loss"].items()} in (
        {"ce": 3},
        {"hem": 0},
    )


def test_options_are_what_a_frozen_plan_gives_back() -> None:
    assert Plugin("summary", {"quantities": ("a", "b")}).value() == {
        "name": "summary",
        "options": {"quantities": ["a", "b"]},
    }


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"num_classes": 3}, "evaluate.attacks (strong): 'num_classes' is no option"),
        (
            {"steps": 0},
            "evaluate.attacks (strong): option 'steps' of 'autoattack_paper': expected at least 1, got 0",
        ),
        ({"stesp": 5}, "has no option 'stesp'. Did you mean 'steps'?"),
    ],
)
def test_options_of_an_attack_are_checked(extra: dict[str, Any], words: str) -> None:
    given = {"attack": "autoattack_paper", "norm": "L2", "eps": 1.0, "images": 5, "label": "strong"}
    (attack,) = study(evaluate={"attacks": [given | extra]}).evaluate.attacks
    with pytest.raises(ConfigError) as error:
        attack_plugin(attack)
    assert words in str(error.value)


TWO = [
    {"dataset": "digits", "network": "mlp", "evaluate": "few"},
    {"dataset": "digits", "network": "convnet"},
]


def test_a_condition_can_be_measured_by_what_it_names() -> None:
    found = conditions(study(conditions=TWO, evaluations={"few": {"ood_images": 7}}, evaluate={"ood_images": 9}))
    assert [condition.evaluate.ood_images for condition in found] == [7, 9]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"evaluations": {"fwe": {}}}, "'few' is no label of evaluations:. Did you mean 'fwe'?"),
        ({"evaluations": {"few": {}, "more": {}}}, "evaluations: 'more' is defined but used nowhere"),
        (
            {"evaluations": {"few": {}}, "conditions": TWO[:1], "evaluate": {"ood_images": 9}},
            "evaluate: is used by no condition",
        ),
        (
            {"evaluations": {"few": {"predict": {"main": {"clean": False}}}}},
            "evaluations.few.predict.main has no set",
        ),
        ({"evaluations": {"few": {"scores": ["msp", "msp"]}}}, "evaluations.few.scores lists msp more than once"),
    ],
)
def test_wrong_evaluations_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        conditions(study(**({"conditions": TWO} | changes)))
    assert words in str(caught.value)


@pytest.mark.parametrize("severities", [None, [3, 1], [5, 4, 3, 2, 1]])
@pytest.mark.parametrize("own", [True, False])
def test_what_is_written_out_is_a_study_that_means_the_same(severities: list[int] | None, own: bool) -> None:
    given = {"predict": {"main": {"corruptions": ["blur", "noise"]}}, "severities": severities}
    section = {"evaluations": {"few": given}} if own else {"evaluate": given}
    first = study(conditions=[{**TWO[0], "evaluate": "few" if own else None}], **section)
    document = written_out(first, conditions(first))
    again = parse(document)
    assert written_out(again, conditions(again)) == document
    kept = conditions(again)[0].evaluate.severities
    assert kept == ([1, 3] if severities == [3, 1] else None), "all are all, however they are said"
