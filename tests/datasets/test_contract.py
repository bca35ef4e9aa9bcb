"""Every data-set file keeps the contract of its kind; those that need no download are read too."""

from __future__ import annotations

import re

import pytest

from hembench.core import plugins

NAMES = plugins.names("datasets")


def test_there_are_datasets():
    assert "digits" in NAMES


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
    assert set(facts["SIZES"]) == {"train", "test"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("function", ["fetch", "train", "test"])
def test_functions_take_the_folder(name, function):
    positional, options = plugins.signature("datasets", name, function)
    assert positional == ("folder",)
    assert not any(option.required for option in options.values())


@pytest.mark.parametrize("name", NAMES)
def test_options_of_the_test_set_are_options_of_the_training_set(name):
    _, of_train = plugins.signature("datasets", name, "train")
    _, of_test = plugins.signature("datasets", name, "test")
    assert set(of_test) <= set(of_train)
