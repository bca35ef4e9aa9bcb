"""fetch: brings the raw files of a data-set into the data folder.

Reads: the data-set's published source. Writes: the raw files, into the data folder; the artefact itself holds
nothing but its manifest. The sha256 of every file is checked by the data-set's own ``fetch``, and again by its
readers before a set is prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Fetch what is not there yet.

    Args:
        inputs: plug-in "fetch"; ``raw`` is the folder that it fills.
        options: "dataset".

    Raises:
        DataError: the files can't be had, or are not the ones that the data-set's file names.
    """
    inputs.progress(0.0, f"fetching {options['dataset']}")
    inputs.plugins["fetch"](inputs.raw)
    return {}
