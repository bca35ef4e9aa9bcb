"""Pictures of segmentation that networks do best and worst: labels, predictions and errors of CE and HEM+."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hembench.figures._colours import FAINT, INK
from hembench.figures._style import NARROW, WIDE, Drawing, empty, labels_of, style, svg

TITLE = "Segmentation: pictures that are done best and worst"
CAPTION = (
    "Two test pictures of each condition with the largest IoU and two with the smallest (the mean over the "
    "classes of the picture, and over both networks; below the errors that of each network), of the first seed. "
    "Beside the picture its labels, a colour for each class, void pixels dark; what networks trained with CE "
    "and with HEM+ predict; and their errors: wrong pixels red on the grey picture, void ones dark."
)
NOTHING = "no predicted pictures were measured: they are kept of test sets up to 100 million pixels"

VOID = (60, 60, 60)
WRONG = (214, 39, 40)
CLASSES = (
    *((31, 119, 180), (255, 127, 14), (44, 160, 44), (148, 103, 189), (140, 86, 75), (227, 119, 194)),
    *((127, 127, 127), (188, 189, 34), (23, 190, 207), (174, 199, 232), (255, 187, 120), (152, 223, 138)),
    *((197, 176, 213), (196, 156, 148), (247, 182, 210), (199, 199, 199), (219, 219, 141), (158, 218, 229)),
    *((57, 59, 121), (99, 121, 57), (140, 109, 49)),
)
"""Colours of classes, red, green and blue; the 22nd class has that of the first."""

TOP, HEAD, LINE = 0.1, 0.5, 0.2
"""Inches above the first block, for the heading of a block, and between rows."""


def draw(examples: pd.DataFrame) -> Drawing:
    """Draw the figure.

    Args:
        examples: the tidy frame of examples of a study; the categories of condition and variant are its order.

    Returns:
        The drawing; its data has one row per picture and network: condition, variant, picture, place, iou.
    """
    columns = ["condition", "dataset", "network", "recipe", "variant", "loss", "seed", "picture", "place", "value"]
    data = examples[columns].reset_index(drop=True)
    if not len(data):
        return Drawing(TITLE, CAPTION, empty(NOTHING, WIDE), empty(NOTHING, NARROW), data)
    return Drawing(TITLE, CAPTION, _drawn(examples, WIDE, True), _drawn(examples, NARROW, False), data)


def _drawn(examples: pd.DataFrame, width: float, predictions: bool) -> str:
    """Return the svg; a narrow one leaves the predictions out, which labels and errors tell of."""
    conditions = [name for name in labels_of(examples["condition"]) if (examples["condition"] == name).any()]
    blocks = {name: examples[examples["condition"] == name] for name in conditions}
    most = max(block["variant"].nunique() for block in blocks.values())
    number = 2 + most * (2 if predictions else 1)
    side = (width - 0.1 * (number + 1)) / number
    heights = {name: side * float((block["height"] / block["width"]).max()) for name, block in blocks.items()}
    rows = {name: block["place"].nunique() for name, block in blocks.items()}
    total = TOP + sum(HEAD + rows[name] * (heights[name] + LINE) for name in conditions)
    with style():
        figure = Figure(figsize=(width, total))
        down = TOP
        for name, block in blocks.items():
            figure.text(0.1 / width, 1 - (down + 0.14) / total, name, color=INK, fontweight="bold", va="center")
            down += HEAD
            for row, (place, rows_of) in enumerate(_pictures(block)):
                for column, (title, image, corner) in enumerate(_panels(place, rows_of, predictions)):
                    left = 0.1 + column * (side + 0.1)
                    low = total - down - heights[name]
                    panel = figure.add_axes(
                        (left / width, low / total, side / width, heights[name] / total), frameon=False
                    )
                    _show(panel, image, title if row == 0 else "", corner)
                down += heights[name] + LINE
        return svg(figure)


def _pictures(block: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield place and rows of each picture: the best first, the worst last."""
    places = sorted(set(block["place"]), key=lambda place: (place < 0, place))
    for place in places:
        yield int(place), block[block["place"] == place].sort_values("variant", kind="stable")


def _panels(place: int, rows: pd.DataFrame, predictions: bool) -> Iterator[tuple[str, np.ndarray, str]]:
    """Yield title, picture uint8 (H, W, 3) and words in the corner of each panel of a row."""
    first = rows.iloc[0]
    shape = (int(first["height"]), int(first["width"]))
    pixels, labels = _array(first["pixels"], (*shape, 3)), _array(first["labels"], shape)
    yield "picture", pixels, "best" if place > 0 else "worst"
    yield "labels", _coloured(labels), ""
    for row in rows.itertuples():
        predicted = _array(str(row.predicted), shape)
        if predictions:
            yield str(row.variant), _coloured(predicted), ""
        title = "its errors" if predictions else str(row.variant)
        yield title, _errors(pixels, labels, predicted), f"{100 * float(row.value):.0f} %"  # type: ignore[arg-type]


def _array(text: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(shape)


def _coloured(classes: np.ndarray) -> np.ndarray:
    """Return the colours of classes: uint8 (H, W, 3)."""
    colours = np.array([*CLASSES * (255 // len(CLASSES) + 1)], dtype=np.uint8)[:256]
    colours[255] = VOID
    found: np.ndarray = colours[classes]
    return found


def _errors(pixels: np.ndarray, labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the picture in light grey, wrong pixels in red, void ones dark: uint8 (H, W, 3)."""
    grey = 128 + pixels.mean(axis=2, keepdims=True) / 2
    shown = np.repeat(grey, 3, axis=2).astype(np.uint8)
    shown[labels != predicted] = WRONG
    shown[labels == 255] = VOID
    return shown


def _show(panel: Axes, image: np.ndarray, title: str, corner: str) -> None:
    panel.imshow(image, interpolation="none", aspect="auto")
    panel.set_xticks([])
    panel.set_yticks([])
    panel.grid(False)
    if title:
        panel.set_title(title, fontweight="normal", pad=3)
    if corner:
        panel.text(0.0, -0.02, corner, transform=panel.transAxes, va="top", color=FAINT)
