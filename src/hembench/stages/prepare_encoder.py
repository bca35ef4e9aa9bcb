"""prepare: the weights that a network's encoder begins with, out of a file of the user's. Nothing is downloaded.

Reads: the file, in the folder ``encoders`` of the data folder. Writes ``encoder.safetensors``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError
from hembench.store.content import read_weights, weights

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Take the file over if it is the one that is meant.

    Args:
        inputs: ``raw`` holds the file.
        options: "file" (its name), "sha256".

    Raises:
        DataError: the file is missing, or another one.
    """
    path = inputs.raw / options["file"]
    if not path.is_file():
        raise DataError(
            f"{path}: the encoder's weights are missing. Put a safetensors file with the encoder's parameters "
            f"there whose sha256 is {options['sha256']}, or remove `encoder:` from the study."
        )
    if (found := file_sha256(path)) != options["sha256"]:
        raise DataError(f"{path}: is another file: sha256 {found}, the study says {options['sha256']}.")
    try:
        state = read_weights(path)
    except Exception as error:  # whatever safetensors says of a file of another format
        raise DataError(f"{path}: is no safetensors file ({error}).") from None
    return {"encoder.safetensors": weights(state)}
