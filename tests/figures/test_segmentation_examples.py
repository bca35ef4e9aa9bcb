from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd

from hembench.figures.segmentation_examples import VOID, WRONG, _coloured, _errors, draw

SVG = "{http://www.w3.org/2000/svg}"


def test_errors_are_red_void_pixels_dark_and_the_rest_grey() -> None:
    pixels = np.full((1, 4, 3), 100, dtype=np.uint8)
    shown = _errors(pixels, np.array([[0, 1, 255, 1]], dtype=np.uint8), np.array([[0, 2, 255, 1]], dtype=np.uint8))
    assert shown[0].tolist() == [[178] * 3, list(WRONG), list(VOID), [178] * 3]


def test_classes_have_colours_of_their_own() -> None:
    colours = _coloured(np.arange(21, dtype=np.uint8)[None])[0]
    assert len({tuple(colour) for colour in colours.tolist()}) == 21
    assert _coloured(np.full((1, 1), 255, dtype=np.uint8))[0, 0].tolist() == list(VOID)


def test_a_narrow_figure_leaves_predictions_out(examples: pd.DataFrame, classes: pd.DataFrame) -> None:
    drawing = draw(examples, classes)
    number = [len(list(ElementTree.fromstring(svg).iter(f"{SVG}image"))) for svg in (drawing.wide, drawing.narrow)]
    # the legend, and two pictures of two conditions, with three and with two networks
    assert number == [1 + 2 * (2 + 6) + 2 * (2 + 4), 1 + 2 * (2 + 3) + 2 * (2 + 2)]
    assert len(drawing.data) == 2 * 5
    assert set(drawing.data["place"]) == {1, -1}


def test_the_legend_names_each_class_of_a_data_set_once(examples: pd.DataFrame, classes: pd.DataFrame) -> None:
    """Both conditions are of one data-set."""
    many = pd.concat([classes.assign(**{"class": n, "name": f"kind {n}"}) for n in range(13)], ignore_index=True)
    for svg in (draw(examples, many).wide, draw(examples, many).narrow):
        assert [svg.count(f">kind {n}<") for n in range(13)] == [1] * 13
    lines = [
        len(list(ElementTree.fromstring(draw(examples, part).wide).iter(f"{SVG}image")))
        for part in (many, classes)
    ]
    assert lines[0] - lines[1] == 1, "13 classes take two lines, two take one"


def test_conditions_without_pictures_are_named_with_the_reason(
    examples: pd.DataFrame, classes: pd.DataFrame
) -> None:
    assert "No pictures" not in draw(examples, classes).caption
    some = draw(examples[examples["condition"] == "d-m"], classes).caption
    assert "No pictures of d-n: they are of test sets of up to 100 million pixels" in some
    assert "No pictures of d-n, d-m:" in draw(examples.iloc[:0], classes).caption
