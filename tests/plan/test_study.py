from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hembench.core.errors import ConfigError
from hembench.plan.study import StudyConfig, parse, read, resolve


def study(**changes: Any) -> dict[str, Any]:
    return {
        "study": "small",
        "seeds": [0, 1],
        "conditions": [{"dataset": "digits", "network": "mlp"}],
        "losses": {"ce": {}, "hem": {}},
    } | changes


@pytest.mark.parametrize(
    ("changes", "key", "meant"),
    [
        ({"sedes": [0]}, "sedes", "seeds"),
        (
            {"conditions": [{"dataset": "digits", "network": "mlp", "recpie": "x"}]},
            "conditions.0.recpie",
            "recipe",
        ),
        ({"evaluate": {"score": ["msp"]}}, "evaluate.score", "scores"),
        (
            {"evaluate": {"predict": {"main": {"corruption": []}}}},
            "evaluate.predict.main.corruption",
            "corruptions",
        ),
    ],
)
def test_unknown_key_is_refused_with_the_nearest(changes: dict[str, Any], key: str, meant: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(study(**changes), "mine.yaml")
    message = str(error.value)
    assert message.startswith(f"mine.yaml: unknown key '{key}'. Did you mean '{meant}'?")


@pytest.mark.parametrize("key", ["study", "seeds", "conditions", "losses"])
def test_missing_key_is_named(key: str) -> None:
    config = study()
    del config[key]
    with pytest.raises(ConfigError, match=f"study: {key}: Field required"):
        parse(config)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": []}, "seeds"),
        ({"seeds": [-1]}, "seeds.0"),
        ({"seeds": ["zero"]}, "got 'zero'"),
        ({"losses": {"HEM-1": {}}}, "lower-case letters, digits and underscores"),
        ({"study": "my study"}, "lower-case letters, digits and underscores"),
        ({"task": "regression"}, "task"),
        (
            {"evaluate": {"attacks": [{"attack": "a", "norm": "L2", "eps": 0, "images": 1}]}},
            "evaluate.attacks.0.eps",
        ),
        (
            {"evaluate": {"attacks": [{"attack": "a", "norm": "L3", "eps": 1, "images": 1}]}},
            "evaluate.attacks.0.norm",
        ),
    ],
)
def test_wrong_value_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(study(**changes))
    assert words in str(error.value)


TWICE = {"attack": "autoattack_paper", "norm": "L2", "eps": 1.0, "images": 5}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"seeds": [0, 1, 0]}, "seeds"),
        ({"tables": ["summary", "summary"]}, "tables"),
        ({"figures": ["summary", "summary"]}, "figures"),
        ({"order": ["ce", "ce", "hem"]}, "order"),
        ({"conditions": [{"dataset": "digits", "network": "mlp", "seeds": [3, 3]}]}, "conditions.0.seeds"),
        ({"conditions": [{"dataset": "digits", "network": "mlp", "losses": ["ce", "ce"]}]}, "conditions.0.losses"),
        ({"evaluate": {"scores": ["msp", "msp"]}}, "evaluate.scores"),
        ({"evaluate": {"severities": [1, 1]}}, "evaluate.severities"),
        ({"evaluate": {"predict": {"main": {"ood": ["blobs", "blobs"]}}}}, "evaluate.predict.main.ood"),
        ({"evaluate": {"attacks": [TWICE, TWICE | {"eps": 2.0}]}}, "evaluate.attacks"),
    ],
)
def test_duplicates_are_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} lists .* more than once"):
        parse(study(**changes))


def test_two_attacks_of_one_norm_under_two_labels() -> None:
    attacks = [TWICE, TWICE | {"eps": 2.0, "label": "strong"}]
    assert len(parse(study(evaluate={"attacks": attacks})).evaluate.attacks) == 2


def test_defaults_and_whole_numbers_for_fractions() -> None:
    short = parse(study(evaluate={"attacks": [TWICE | {"eps": 1}]}))
    explicit = study(
        evaluate={"attacks": [TWICE | {"shard": 100}], "ood_images": 10_000}, ood={}, task="classification"
    )
    assert short == parse(explicit)


def test_resolve_label_own_name_and_default_name() -> None:
    config = parse(study(losses={"ce": {}, "hem_p05": {"loss": "hem", "power": 0.5}, "ln": {"temperature": 0.1}}))
    assert resolve(config, "losses", "hem_p05") == ("hem", {"power": 0.5})
    assert resolve(config, "losses", "ln") == ("ln", {"temperature": 0.1})
    assert resolve(config, "networks", "mlp") == ("mlp", {})


def test_resolve_names_the_nearest_label_or_plugin() -> None:
    config = parse(study(networks={"mlp_small": {"network": "mlp"}}))
    with pytest.raises(ConfigError, match=r"network 'mpl_small' is unknown. Did you mean 'mlp_small'\?"):
        resolve(config, "networks", "mpl_small")
    with pytest.raises(ConfigError, match=r"OOD|ood 'blob' is unknown. Did you mean 'blobs'\?"):
        resolve(config, "ood", "blob")


def test_read_gives_the_validated_study(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("study: mine\nseeds: [0]\nconditions: [{dataset: digits, network: mlp}]\nlosses: {ce: {}}\n")
    config = read(path)
    assert isinstance(config, StudyConfig)
    assert config.study == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a list\n", "expected a mapping"),
        ("a: [\n", "not valid YAML"),
        ("a: \x00", "not valid YAML"),
        (None, "no such study"),
    ],
)
def test_read_refuses_what_is_no_study(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read(path)
