from __future__ import annotations

import pandas as pd
import pytest

from hembench.core.errors import PluginError
from hembench.stages._gather import frames_for
from hembench.stages.api import Inputs

LOSSES = {
    "ce": {"name": "ce", "options": {}},
    "hem": {"name": "hem", "options": {"margin": None, "power": 1.0}},
    "wide": {"name": "hem", "options": {"margin": 5.0, "power": 1.0}},
}


def with_variants(variants: pd.DataFrame) -> None: ...


def with_another(variations: pd.DataFrame) -> None: ...


def test_options_of_variants_in_the_order_to_be_shown() -> None:
    options = {"conditions": [], "variants": ["wide", "ce", "hem"], "losses": LOSSES}
    (variants,) = frames_for(with_variants, Inputs(folders={}), options)
    assert variants.astype({"variant": "str"}).to_numpy().tolist() == [
        ["wide", "hem", "margin", 5.0],
        ["wide", "hem", "power", 1.0],
        ["hem", "hem", "margin", None],
        ["hem", "hem", "power", 1.0],
    ]
    assert variants["variant"].cat.categories.tolist() == ["wide", "ce", "hem"]
    assert variants["variant"].cat.ordered


def test_a_frame_that_does_not_exist() -> None:
    with pytest.raises(PluginError, match=r"asks for 'variations'.*histograms, variants"):
        frames_for(with_another, Inputs(folders={}), {"conditions": [], "variants": []})
