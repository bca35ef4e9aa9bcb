"""The colours of figures, on a light page and on a dark one. Apart from the drawing, so that a page can use them
without matplotlib.
"""

from __future__ import annotations

COLOURS = ("#0072b2", "#c27700", "#009e73", "#b5588d", "#d55e00", "#3a93cc", "#8a6d2f", "#6b7280")
"""Colours of the variants by position in the study: Okabe and Ito's, the pale ones darkened to 3:1 on white."""

DARK_COLOURS = ("#5aa9e6", "#f0b340", "#3cc79a", "#de93be", "#f5825a", "#8fd0f5", "#cdb074", "#a9b1bd")
"""The same on a dark page; the report puts them in the place of ``COLOURS``."""

INK, FAINT, GRID = "#1f2328", "#59636e", "#d5dae0"
"""Text, secondary text, and lines."""

DARK_INK, DARK_FAINT, DARK_GRID = "#e8eaed", "#a3acb7", "#3a4149"
"""The same on a dark page."""
