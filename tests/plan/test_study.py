from __future__ import annotations

import re
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
            "conditions (item 1).recpie",
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
    with pytest.raises(ConfigError, match=f"study: {key}: this key is missing"):
        parse(config)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": []}, "seeds"),
        ({"seeds": [0, -1]}, "seeds (item 2): expected at least 0, got -1"),
        ({"seeds": ["zero"]}, 'expected a whole number, got "zero"'),
        ({"seeds": [0, True]}, "seeds (item 2): expected a whole number, got true"),
        ({"seeds": ["1"]}, 'seeds (item 1): expected a whole number, got "1" (text: '),
        ({"seeds": 3}, "seeds: expected a list, got 3"),
        ({"title": 7}, "title: expected text, got 7"),
        ({"losses": {"ce": 5}}, "losses.ce: expected a mapping of keys, got 5"),
        ({"losses": {1: {}}}, "losses: the label 1 must be text"),
        ({"evaluate": {"ood_images": True}}, "evaluate.ood_images: expected a whole number, got true"),
        ({"evaluate": {"ood_images": 1.5}}, "expected a whole number, got 1.5"),
        ({"evaluate": {"predict": {"main": {"clean": "yes"}}}}, 'expected true or false, got "yes"'),
        ({"evaluate": {"predict": {"main": {"clean": False, "ood": ["blobs"]}}}}, "no group predicts the clean"),
        ({"evaluate": {"predict": {"a": {"clean": False}, "b": {}}}}, "evaluate.predict.a has no set"),
        ({"evaluate": {"predict": {}}}, "there is none"),
        ({"claims": {"margin": float("nan")}}, "claims.margin: expected a finite number"),
        ({"losses": {"HEM-1": {}}}, "lower-case letters, digits and underscores"),
        ({"study": "my study"}, "lower-case letters, digits and underscores"),
        ({"task": "regression"}, "task"),
        (
            {"evaluate": {"attacks": [{"attack": "a", "norm": "L2", "eps": 0, "images": 1}]}},
            "evaluate.attacks (item 1).eps: expected more than 0, got 0",
        ),
        (
            {"evaluate": {"attacks": [{"attack": "a", "norm": "L3", "eps": 1, "images": 1}]}},
            "evaluate.attacks (item 1).norm: expected 'Linf' or 'L2', got \"L3\"",
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
        ({"conditions": [{"dataset": "digits", "network": "mlp", "seeds": [3, 3]}]}, "conditions (item 1).seeds"),
        (
            {"conditions": [{"dataset": "digits", "network": "mlp", "losses": ["ce", "ce"]}]},
            "conditions (item 1).losses",
        ),
        ({"evaluate": {"scores": ["msp", "msp"]}}, "evaluate.scores"),
        ({"evaluate": {"severities": [1, 1]}}, "evaluate.severities"),
        ({"evaluate": {"predict": {"main": {"ood": ["blobs", "blobs"]}}}}, "evaluate.predict.main.ood"),
        ({"evaluate": {"attacks": [TWICE, TWICE | {"eps": 2.0}]}}, "evaluate.attacks"),
    ],
)
def test_duplicates_are_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=f"{re.escape(key)} lists .* more than once"):
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
        (b"- a list\n", r"mine\.yaml: expected a mapping"),
        (b"", r"mine\.yaml: expected a mapping .* got an empty file"),
        (b"study: mine\na: [\n", r"mine\.yaml:3: not valid YAML"),
        (b"a: \x07\n", r"mine\.yaml: not valid YAML"),
        (b"study: mine\ntitle: caf\xe9\n", r"mine\.yaml:2: not UTF-8"),
        (b"study: mine\nseeds: [0]\nseeds: [1]\n", r"mine\.yaml:3: the key 'seeds' is in line 2 already"),
        (
            b"losses:\n  hem: {power: 1.0, margin: 2,\n    power: 0.5}\n",
            r"mine\.yaml:3: the key 'power' is in line 2",
        ),
        (None, "no such study"),
    ],
)
def test_read_refuses_what_is_no_study(tmp_path: Path, text: bytes | None, words: str) -> None:
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(ConfigError, match=words) as error:
        read(path)
    assert "unicode string" not in str(error.value)


def test_keys_that_come_by_a_merge_may_be_said_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "study: mine\nseeds: [0]\nconditions: [{dataset: digits, network: mlp}]\n"
        "losses:\n  hem: &hem {power: 0.5, margin: 1.0}\n  twin: {<<: *hem, loss: hem, power: 1.0}\n"
    )
    assert read(path).losses["twin"] == {"loss": "hem", "power": 1.0, "margin": 1.0}


def test_a_label_with_nothing_behind_it_has_no_options() -> None:
    assert parse(study(losses={"ce": None, "hem": None})) == parse(study(losses={"ce": {}, "hem": {}}))


def test_whole_numbers_may_have_a_point() -> None:
    assert parse(study(seeds=[0.0, 1.0])) == parse(study(seeds=[0, 1]))
