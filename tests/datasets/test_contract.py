"""Every data-set file keeps the contract of its kind; those that need no download are read too."""

from __future__ import annotations

import re

import pytest

from hembench.core import plugins
from hembench.plan.fingerprint import Fingerprinter

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
    assert all(re.fullmatch(r"[0-9a-f]{64}|md5:[0-9a-f]{32}", checksum) for checksum in facts["FILES"].values())
    assert isinstance(facts["COMPLETE"], bool)
    assert facts["NUM_CLASSES"] >= 2
    assert len(facts["IMAGE_SHAPE"]) == 3
    if "IGNORED" in facts:  # more names than classes where an option adds one
        assert len(facts["CLASSES"]) >= facts["NUM_CLASSES"]
        assert facts["IGNORED"] >= len(facts["CLASSES"])
    assert set(facts["SIZES"]) == ({"train", "test"} if name in TRAINABLE else {"test"})


@pytest.mark.parametrize("name", [name for name in NAMES if "MIRRORS" in plugins.constants("datasets", name)])
def test_mirrors_are_addresses_of_folders(name):
    mirrors = plugins.constants("datasets", name)["MIRRORS"]
    assert isinstance(mirrors, tuple)
    assert mirrors
    assert all(re.fullmatch(r"https?://.+/", mirror) for mirror in mirrors)


@pytest.mark.parametrize("name", NAMES)
def test_planning_and_reading_need_no_code_of_downloads(name, project):
    """Imported inside ``fetch``: neither the key of a prepared set nor the time to start knows it."""
    code = Fingerprinter(project / "src" / "hembench").code([(f"hembench.datasets.{name}", "test")])
    assert not any("_download" in definition for definition in code.definitions)


@pytest.mark.parametrize(
    ("name", "function"),
    [(name, function) for name in NAMES for function in ("fetch", "train", "test")
     if name in TRAINABLE or function != "train"],
)  # fmt: skip
def test_functions_take_the_folder(name, function):
    positional, options = plugins.signature("datasets", name, function)
    assert positional == ("folder",)
    assert not any(option.required for option in options.values())


@pytest.mark.parametrize("name", [name for name in NAMES if "LARGE" in plugins.constants("datasets", name)])
def test_large_sets_have_no_options(name):
    """They are read piece by piece, and counted against SIZES before."""
    for function in ("train", "test") if name in TRAINABLE else ("test",):
        assert plugins.signature("datasets", name, function)[1] == {}


@pytest.mark.parametrize("name", TRAINABLE)
def test_options_of_the_test_set_are_options_of_the_training_set(name):
    _, of_train = plugins.signature("datasets", name, "train")
    _, of_test = plugins.signature("datasets", name, "test")
    assert set(of_test) <= set(of_train)
