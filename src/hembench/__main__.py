"""``python -m hembench``."""

from __future__ import annotations

import sys

from hembench.cli import main

if __name__ == "__main__":
    sys.exit(main())
