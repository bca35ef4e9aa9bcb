"""All colours of figures, for a page that shows them light or dark; of no figure's own, so in no figure's key."""

from __future__ import annotations

from hembench.figures._colours import (
    COLOURS,
    DARK_COLOURS,
    DARK_FAINT,
    DARK_GRID,
    DARK_INK,
    FAINT,
    GRID,
    INK,
)

PALETTE = (*zip(COLOURS, DARK_COLOURS, strict=True), (INK, DARK_INK), (FAINT, DARK_FAINT), (GRID, DARK_GRID))
"""Every colour that a figure may hold, with its counterpart on a dark page."""
