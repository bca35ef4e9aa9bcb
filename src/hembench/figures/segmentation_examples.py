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
    "Two test pictures of each condition with the largest IoU and two with the smallest, of the first seed. IoU "
    "is the mean over the classes that are labelled or predicted in the picture (one that is predicted and not "
    "there counts 0), and over both networks; below the errors that of each network. Beside the picture its "
    "labels, in the colours above, void pixels dark; what networks trained with CE and with HEM+ predict; and "
    "their errors: wrong pixels red on the grey picture, void ones dark."
)
NOTHING = "no predicted pictures were measured: they are kept of test sets up to 100 million pixels"
LACKING = (
    "No pictures of {names}: they are of test sets of up to 100 million pixels, which leaves out those of "
    "Cityscapes and SBD, of one unit of counting for each network, and where there are both CE and HEM+."
)

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

ENTRY, SHARP = 1.1, 16
"""Inches for a class in the legend, an eighth of it its colour; pixels of its side, since viewers blur edges."""


def draw(examples: pd.DataFrame, classes: pd.DataFrame) -> Drawing:
    """Draw the figure.

    Args:
        examples: the tidy frame of examples of a study; the categories of condition and variant are its order.
        classes: its tidy frame of classes, for their names.

    Returns:
        The drawing; its data has one row per picture and network: condition, variant, picture, place, iou.
    """
    columns = ["condition", "dataset", "network", "recipe", "variant", "loss", "seed", "picture", "place", "value"]
    data = examples[columns].reset_index(drop=True)
    shown = set(data["condition"].astype(str))
    measured = [name for name in labels_of(classes["condition"]) if (classes["condition"] == name).any()]
    lacking = [name for name in measured if name not in shown]
    caption = " ".join([CAPTION, LACKING.format(names=", ".join(lacking))] if lacking else [CAPTION])
    if not len(data):
        return Drawing(TITLE, caption, empty(NOTHING, WIDE), empty(NOTHING, NARROW), data)
    wide, narrow = _drawn(examples, classes, WIDE, True), _drawn(examples, classes, NARROW, False)
    return Drawing(TITLE, caption, wide, narrow, data)


def _drawn(examples: pd.DataFrame, classes: pd.DataFrame, width: float, predictions: bool) -> str:
    """Return the svg; a narrow one leaves the predictions out, which labels and errors tell of."""
    conditions = [name for name in labels_of(examples["condition"]) if (examples["condition"] == name).any()]
    blocks = {name: examples[examples["condition"] == name] for name in conditions}
    most = max(block["variant"].nunique() for block in blocks.values())
    number = 2 + most * (2 if predictions else 1)
    side = (width - 0.1 * (number + 1)) / number
    heights = {name: side * float((block["height"] / block["width"]).max()) for name, block in blocks.items()}
    rows = {name: block["place"].nunique() for name, block in blocks.items()}
    legends = _legends(blocks, classes)
    lines = sum(-(-len(names) // _across(width)) for names in legends.values())
    total = TOP + lines * LINE + sum(HEAD + rows[name] * (heights[name] + LINE) for name in conditions)
    with style():
        figure = Figure(figsize=(width, total))
        down = TOP
        for name, block in blocks.items():
            figure.text(0.1 / width, 1 - (down + 0.14) / total, name, color=INK, fontweight="bold", va="center")
            down += _legend(figure, legends[name], down + 0.26) if name in legends else 0.0
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


def _legends(blocks: dict[str, pd.DataFrame], classes: pd.DataFrame) -> dict[str, list[str]]:
    """Return the names of classes, in their order, by the first condition of each data-set."""
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for condition, block in blocks.items():
        dataset = str(block["dataset"].iloc[0])
        if dataset not in seen:
            mine = classes[classes["condition"] == condition].drop_duplicates("class").sort_values("class")
            found[condition] = [str(name) for name in mine["name"]]
        seen.add(dataset)
    return found


def _across(width: float) -> int:
    """Return how many classes stand on a line of the legend."""
    return max(int(width / ENTRY), 1)


def _legend(figure: Figure, names: list[str], down: float) -> float:
    """Draw a strip of colours with the names of classes; return its height in inches.

    Colours are a picture, as the labels are: on a dark page they stay as they are.
    """
    width, total = figure.get_size_inches()
    across = _across(width)
    entry, start = (width - 0.1) / across, 0
    for start in range(0, len(names), across):
        shown = names[start : start + across]
        strip = np.zeros((1, 8 * len(shown), 4), dtype=np.uint8)
        strip[0, ::8] = [(*colour, 255) for colour in _coloured(np.arange(start, start + len(shown)))]
        low = total - down - LINE * (start // across) - 0.12
        box = (0.1 / width, low / total, entry * len(shown) / width, 0.12 / total)
        sharp = strip.repeat(SHARP, axis=0).repeat(SHARP, axis=1)
        _show(figure.add_axes(box, frameon=False), sharp, "", "")
        for place, name in enumerate(shown):
            left = 0.1 + entry * (place + 1 / 8) + 0.05
            figure.text(left / width, (low + 0.06) / total, name, color=FAINT, va="center", fontsize=7.0)
    return LINE * -(-len(names) // across)


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
