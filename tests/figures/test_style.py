from __future__ import annotations

import pandas as pd

from hembench.figures._colours import COLOURS, DARK_COLOURS
from hembench.figures._palette import PALETTE
from hembench.figures._style import MARKERS, labels_of, looks


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_colours_stand_out_on_their_page() -> None:
    assert min(contrast(colour, "#ffffff") for colour in COLOURS) >= 3.0
    assert min(contrast(colour, "#14171c") for colour in DARK_COLOURS) >= 3.0


def test_no_colour_is_twice_in_the_palette() -> None:
    lights = [light for light, _ in PALETTE]
    assert len(set(lights)) == len(lights)


def test_a_variants_look_hangs_on_its_place_alone() -> None:
    assert looks(["ce", "hem"])["hem"] == looks(["la", "ln"])["ln"]


def test_more_variants_than_colours_still_differ() -> None:
    many = looks([str(number) for number in range(16)])
    assert len({(look.colour, look.marker) for look in many.values()}) == 16
    assert len(COLOURS) == len(MARKERS)


def test_labels_in_the_studys_order_even_if_absent() -> None:
    column = pd.Series(pd.Categorical(["b"], ["c", "b", "a"], ordered=True))
    assert labels_of(column) == ["c", "b", "a"]
    assert labels_of(pd.Series(["b", "a", "b"])) == ["b", "a"]
