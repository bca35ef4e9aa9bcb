"""Every data-set file keeps the contract of its kind; those that need no download are read too."""

from __future__ import annotations

import re

import pytest

from hembench.core import plugins

NAMES = plugins.names("datasets")
TRAINABLE = [name for name in NAMES if plugins.has_function("datasets", name, "train")]


def test_there_are_datasets():
    assert {"digits", "mnist"} <= set(TRAINABLE)
    assert "kmnist" in set(NAMES) - set(TRAINABLE)


@pytest.mark.parametrize("name", NAMES)
def test_constants_say_what_the_data_are(name):
    facts = plugins.constants("datasets", name)
    assert facts["SOURCE"].strip()
    assert facts["LICENCE"].strip()
    assert facts["FILES"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha256) for sha256 in facts["FILES"].values())
    assert isinstance(facts["COMPLETE"], bool)
    assert facts["NUM_CLASSES"] >= 2
    assert len(facts["IMAGE_SHAPE"]) == 3
    assert set(facts["SIZES"]) == ({"train", "test"} if name in TRAINABLE else {"test"})


@pytest.mark.parametrize("name", [name for name in NAMES if "URLS" in plugins.constants("datasets", name)])
def test_every_file_that_is_published_has_an_address(name):
    facts = plugins.constants("datasets", name)
    assert set(facts["URLS"]) == set(facts["FILES"])
    assert all(url.startswith(("http://", "https://")) for url in facts["URLS"].values())


@pytest.mark.parametrize(
    ("name", "function"),
    [(name, function) for name in NAMES for function in ("fetch", "train", "test")
     if name in TRAINABLE or function != "train"],
)  # fmt: skip
def test_functions_take_the_folder(name, function):
    positional, options = plugins.signature("datasets", name, function)
    assert positional == ("folder",)
    assert not any(option.required for option in options.values())


@pytest.mark.parametrize("name", TRAINABLE)
def test_options_of_the_test_set_are_options_of_the_training_set(name):
    _, of_train = plugins.signature("datasets", name, "train")
    _, of_test = plugins.signature("datasets", name, "test")
    assert set(of_test) <= set(of_train)
