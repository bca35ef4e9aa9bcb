"""Making a figure's svg part of a page: no header, ids of its own, colours of the page."""

from __future__ import annotations

import re
from html import escape


def inline(svg: str, prefix: str, title: str, palette: tuple[tuple[str, str], ...]) -> str:
    """Return svg text as an element of an html page.

    Args:
        svg: a whole svg file as the figures write it.
        prefix: put before every id, so that two figures of a page never share one.
        title: what a screen reader says.
        palette: colours that become ``var(--p<place>)``, which the page sets for light and for dark.
    """
    body = svg[svg.index("<svg") :]
    # Its style element would hold for the whole page; the page's own sheet says the same for figures.
    body = re.sub(r"<(metadata|style)\b.*?</\1>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'(\bhref="#|url\(#)', rf"\1{prefix}-", body)
    for place, (light, _) in enumerate(palette):
        body = body.replace(light, f"var(--p{place})")
    opening, rest = body.split(">", 1)
    opening = re.sub(r'\s(?:width|height|xmlns\S*|version)="[^"]*"', "", opening)
    return f'{opening} role="img" aria-label="{escape(title)}">{rest.strip()}'
