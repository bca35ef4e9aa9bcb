"""What every figure keeps to, whichever it is."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from hembench.core import plugins
from hembench.figures._palette import PALETTE
from hembench.figures._style import Drawing

SVG = "{http://www.w3.org/2000/svg}"
NAMES = plugins.names("figures")

CONDITIONS, VARIANTS = ["d-n", "d-m"], {"hem", "ce", "la"}

AVERAGED = {"fig1_relative": "average over 2 conditions"}
"""Figures that show averages over conditions instead of conditions, and the words that say so."""

GROUPED = {"fig7_continual": {"d", "n", "m", "class"}, "fig8_segmentation": {"d", "n", "m"}}
"""Figures with a panel for each data-set, and groups in it, and what these are called."""

LONG_TAILED = ("fig5_imbalanced_accuracy", "fig6_imbalanced_rejection")
"""Figures of long-tailed conditions alone."""

SHOWN = {
    "fig7_continual": {"ce", "hem", "all losses"},
    "fig8_segmentation": {"ce", "hem", "all losses"},
    "fig1_relative": {"hem", "% above ce"},  # la is in one condition only: it has no average
    "fig9_temperature_and_margin": {"temperature of LogitNorm", "margin of MM", "0.2", "5"},
    "fig10_hem_margin": {"margin of HEM", "0", "0.2", "5"},
    "fig11_curves": {"hem", "ce", "Training loss of CE"},
}
"""What figures must name that don't show every variant by its label."""


@pytest.fixture
def frames(
    request: pytest.FixtureRequest,
    metrics: pd.DataFrame,
    histories: pd.DataFrame,
    histograms: pd.DataFrame,
    examples: pd.DataFrame,
    classes: pd.DataFrame,
    swept: dict[str, pd.DataFrame],
    variants: pd.DataFrame,
    conditions: pd.DataFrame,
    long_tails: pd.DataFrame,
    accuracies: pd.DataFrame,
    pairs: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Return all frames; those of a study with sweeps for a figure that asks for the options of variants."""
    several = {"metrics": metrics, "histories": histories, "histograms": histograms, "variants": variants}
    several |= {
        "conditions": conditions,
        "examples": examples,
        "classes": classes,
        "accuracies": accuracies,
        "pairs": pairs,
    }
    name = request.node.callspec.params["name"] if hasattr(request.node, "callspec") else None
    if name in LONG_TAILED:
        several["conditions"] = long_tails
    return several | (swept if name and "variants" in plugins.signature("figures", name)[0] else {})


def drawn(name: str, frames: dict[str, pd.DataFrame]) -> Drawing:
    positional, _ = plugins.signature("figures", name)
    drawing: Drawing = plugins.load("figures", name).draw(*(frames[wanted] for wanted in positional))
    return drawing


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def width(svg: str) -> float:
    return float(ElementTree.fromstring(svg).get("viewBox", "").split()[2])


@pytest.mark.parametrize("name", NAMES)
def test_both_widths_are_svg_with_words(name: str, frames: dict[str, pd.DataFrame]) -> None:
    drawing = drawn(name, frames)
    wide, narrow = (
        float(ElementTree.fromstring(svg).get("width", "0pt")[:-2]) for svg in (drawing.wide, drawing.narrow)
    )
    assert wide > 1.8 * narrow
    for svg in (drawing.wide, drawing.narrow):
        words = texts(svg)
        assert SHOWN.get(name, VARIANTS) <= set(words)
        if name in AVERAGED:
            assert AVERAGED[name] in " ".join(words)
        elif name in GROUPED:
            assert GROUPED[name] <= set(words)
        else:
            assert set(CONDITIONS) <= set(words)
            assert words.index("d-n") < words.index("d-m")
    assert drawing.title
    assert drawing.caption
    assert len(drawing.data)


@pytest.mark.parametrize("name", NAMES)
def test_narrow_text_is_readable_at_phone_width(name: str, frames: dict[str, pd.DataFrame]) -> None:
    svg = drawn(name, frames).narrow
    nodes = ElementTree.fromstring(svg).iter(f"{SVG}text")
    sizes = [node.get("style", "").split("font-size: ")[1].split("px")[0] for node in nodes]
    assert min(float(size) for size in sizes) * 358 / width(svg) >= 9.5  # 390 px less the page's margins


@pytest.mark.parametrize("name", NAMES)
def test_only_colours_that_a_dark_page_can_replace(name: str, frames: dict[str, pd.DataFrame]) -> None:
    known = {light for light, _ in PALETTE}
    for svg in (drawn(name, frames).wide, drawn(name, frames).narrow):
        found = {part[:7] for part in svg.split(": ") if part.startswith("#")}
        assert found
        assert found <= known


@pytest.mark.parametrize("name", NAMES)
def test_nothing_measured_is_said(name: str, frames: dict[str, pd.DataFrame]) -> None:
    drawing = drawn(
        name, {key: frame if key in ("conditions", "pairs") else frame.iloc[:0] for key, frame in frames.items()}
    )
    assert any("measured" in text or "recorded" in text for text in texts(drawing.wide))
    assert drawing.data.empty


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_can_be_drawn(name: str, frames: dict[str, pd.DataFrame]) -> None:
    one = {key: frame[frame["seed"] == 0] if "seed" in frame else frame for key, frame in frames.items()}
    assert drawn(name, one).wide


@pytest.mark.parametrize("name", NAMES)
def test_the_users_matplotlib_settings_change_nothing(name: str, frames: dict[str, pd.DataFrame]) -> None:
    before = drawn(name, frames)
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "lines.linewidth": 9}):
        assert drawn(name, frames).wide == before.wide


def test_fresh_processes_write_the_same_bytes(frames: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    for key, frame in frames.items():
        frame.to_pickle(tmp_path / key)
    code = """
import hashlib, sys
import pandas as pd
from hembench.figures import learning_curves, severity, summary
metrics, histories = (pd.read_pickle(f"{sys.argv[1]}/{name}") for name in ("metrics", "histories"))
for drawing in (learning_curves.draw(histories), severity.draw(metrics), summary.draw(metrics)):
    print(hashlib.sha256((drawing.wide + drawing.narrow).encode()).hexdigest())
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    ).stdout
    here = (drawn(name, frames) for name in ("learning_curves", "severity", "summary"))
    assert answer.split() == [hashlib.sha256((one.wide + one.narrow).encode()).hexdigest() for one in here]
