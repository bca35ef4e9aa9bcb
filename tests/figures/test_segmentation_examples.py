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


def test_a_narrow_figure_leaves_predictions_out(examples: pd.DataFrame) -> None:
    drawing = draw(examples)
    number = [len(list(ElementTree.fromstring(svg).iter(f"{SVG}image"))) for svg in (drawing.wide, drawing.narrow)]
    # two pictures of two conditions, with three and with two networks
    assert number == [2 * (2 + 6) + 2 * (2 + 4), 2 * (2 + 3) + 2 * (2 + 2)]
    assert len(drawing.data) == 2 * 5
    assert set(drawing.data["place"]) == {1, -1}
