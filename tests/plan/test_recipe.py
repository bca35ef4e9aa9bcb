from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.core import plugins
from hembench.core.errors import ConfigError
from hembench.plan.recipe import resolve_recipe

RECIPES = Path(__file__).parents[2] / "config" / "recipes"
NOWHERE = Path("nowhere")
SGD = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}


def resolved(loss: str = "ce", **changes: Any) -> dict[str, Any]:
    text = {"optimiser": SGD, "epochs": 10, "batch_size": 8} | changes
    return resolve_recipe("mine", text, NOWHERE, loss)


def test_defaults_are_off() -> None:
    settings = resolved()
    assert settings["schedule"] == {"milestones": [], "factor": 0.1}
    assert settings["warmup"]["epochs"] == 0
    assert settings["augmentation"] is None
    assert settings["optimiser"]["weight_decay"] == 0.0
    assert settings["precision"] == "float32"


def test_a_default_written_out_is_the_same_recipe() -> None:
    assert resolved() == resolved(warmup={"epochs": 0}, channels_last=False, schedule={"factor": 0.10})
    assert resolved() == resolved(optimiser=SGD | {"weight_decay": 0})


def test_for_loss_is_merged_key_by_key() -> None:
    changes = {"ce": {"warmup": {"epochs": 10}, "optimiser": {"learning_rate": 0.05}}}
    ce, hem = (
        resolved(loss, warmup={"epochs": 5, "start_factor": 0.5}, for_loss=changes) for loss in ("ce", "hem")
    )
    assert ce["warmup"] == {"epochs": 10, "start_factor": 0.5}
    assert ce["optimiser"]["learning_rate"] == 0.05
    assert ce["optimiser"]["momentum"] == 0.9
    assert hem["warmup"] == {"epochs": 5, "start_factor": 0.5}
    assert hem == resolved("hem", warmup={"epochs": 5, "start_factor": 0.5})


def test_for_loss_replaces_lists() -> None:
    settings = resolved(schedule={"milestones": [5, 8]}, for_loss={"ce": {"schedule": {"milestones": [9]}}})
    assert settings["schedule"]["milestones"] == [9]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epoch": 3}, "unknown key 'epoch'. Did you mean 'epochs'?"),
        (
            {"optimiser": SGD | {"lerning_rate": 1}},
            "optimiser: optimiser 'sgd' has no option 'lerning_rate'. Its options: momentum",
        ),
        ({"schedule": {"milestone": [3]}}, "unknown key 'schedule.milestone'. Did you mean 'milestones'?"),
        ({"epochs": 0}, "epochs"),
        ({"processes": 0}, "processes"),
        ({"processes": 5}, "batch_size 8 is too small for 5 processes: batch"),
        ({"precision": "half"}, "precision"),
        (
            {"optimiser": {"name": "adam", "learning_rate": 0.1, "momentum": 0.9}},
            "optimiser 'adam' has no option 'momentum'. Its options: weight_decay",
        ),
        (
            {"optimiser": {"name": "sgd", "learning_rate": 0.1, "nesterov": True}},
            "nesterov needs optimiser.momentum",
        ),
        ({"optimiser": {"name": "smd", "learning_rate": 0.1}}, "no optimiser is named 'smd'. Did you mean 'sgd'?"),
        ({"augmentation": {"flip": True}}, "augmentation.name: this key is missing"),
        (
            {"augmentation": {"name": "crop_and_flip", "flip": True, "crop": 4}},
            "augmentation 'crop_and_flip' has no option 'crop'. Its options: flip",
        ),
        ({"for_loss": {"hemm": {"epochs": 3}}}, "Did you mean 'hem'?"),
        ({"for_loss": {"hem": {"epoch": 3}}}, "for_loss.hem: unknown key 'epoch'. Did you mean 'epochs'?"),
        ({"for_loss": {"hem": 3}}, "for_loss"),
        ({"for_loss": ["hem"]}, "for_loss"),
        ({"sources": {"epoch": "A.1.4"}}, "sources names 'epoch', which is no setting. Did you mean 'epochs'?"),
        ({"sources": {"optimiser.rate": "A.1.4"}}, "sources names 'optimiser.rate'"),
    ],
)
def test_mistakes_are_refused_with_the_nearest(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        resolved(**changes)
    assert str(error.value).startswith("recipe 'mine': ")
    assert words in str(error.value)


def test_sources_are_no_settings() -> None:
    assert resolved(sources={"epochs": "A.1.4", "optimiser.momentum": "A.1.4", "schedule": "ours"}) == resolved()


def test_a_file_is_read_and_named_in_messages(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text(yaml.safe_dump({"optimiser": SGD, "epochs": 10, "batch_size": 8}))
    (tmp_path / "list.yaml").write_text("- 1\n")
    assert resolve_recipe("slow", None, tmp_path, "ce") == resolved()
    with pytest.raises(ConfigError, match=r"recipe 'slwo' is neither .* Did you mean 'slow'\?"):
        resolve_recipe("slwo", None, tmp_path, "ce")
    with pytest.raises(ConfigError, match=r"list\.yaml: expected a mapping"):
        resolve_recipe("list", None, tmp_path, "ce")


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_committed_recipes_are_valid_and_give_sources(path: Path) -> None:
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    for loss in plugins.names("losses"):
        resolve_recipe(path.stem, None, RECIPES, loss)
    sources = text["sources"]
    given = {key for key in text if key not in ("sources", "for_loss")}
    assert given <= {key.split(".")[0] for key in sources}, "every setting says where it is from"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"epochs: 3\noptimiser: {name: sgd\n", r"mine\.yaml:3: not valid YAML"),
        (b"epochs: 3\nepochs: 4\n", r"mine\.yaml:2: the key 'epochs' is in line 1 already"),
        (b"# \xff\n", r"mine\.yaml:1: not UTF-8"),
        (b"[]\n", r"mine\.yaml: expected a mapping of keys such as 'epochs:'"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused_with_its_line(tmp_path: Path, text: bytes, words: str) -> None:
    (tmp_path / "mine.yaml").write_bytes(text)
    with pytest.raises(ConfigError, match=words):
        resolve_recipe("mine", None, tmp_path, "ce")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": True}, "epochs: expected a whole number, got true"),
        ({"epochs": "20"}, 'epochs: expected a whole number, got "20" (text: write numbers without quotes'),
        ({"optimiser": SGD | {"learning_rate": "1e-3"}}, "optimiser.learning_rate: expected a number, got"),
        ({"schedule": {"milestones": [3, 0]}}, "schedule.milestones (item 2): expected at least 1, got 0"),
        ({"schedule": None}, "schedule: expected a mapping of keys, got null"),
        ({"sources": ["epochs"]}, "sources: expected a mapping"),
    ],
)
def test_a_setting_of_another_type_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        resolved(**changes)
    assert words in str(error.value)


def test_a_file_is_parsed_once_however_many_conditions_and_losses_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """YAML is slow: it was half of the time that planning a large study takes."""
    parsed: list[str] = []
    load = yaml.load

    def counted(text: str, loader: Any) -> Any:
        parsed.append(text)
        return load(text, loader)

    monkeypatch.setattr(yaml, "load", counted)
    text = {"optimiser": SGD, "epochs": 4321, "batch_size": 8}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(text))
    assert len({str(resolve_recipe("mine", None, tmp_path, loss)) for loss in ("ce", "hem", "mm")}) == 1
    assert len(parsed) == 1
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(text | {"epochs": 4322}))
    assert resolve_recipe("mine", None, tmp_path, "ce")["epochs"] == 4322
