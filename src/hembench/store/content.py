"""Readers and writers of every format of an artefact; equal values give equal bytes.

No writer records a time, a path or an order of insertion. What stages read and write goes through here, so this
file is part of every key: keep it small and stable. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch

Content = Callable[[Path], None]
"""Writes one file to the path that it is given (the path does not exist yet, its folder does)."""


def arrays(mapping: Mapping[str, Any] | None = None, /, **named: Any) -> Content:
    """Return a writer of arrays by name as an uncompressed npz; names may contain dots.

    Args:
        mapping: arrays, or what numpy makes arrays of, by name; any shape and any dtype but object.
        named: more of them, for names that are identifiers.
    """

    def write(path: Path) -> None:
        import numpy as np

        # numpy.savez takes its file under a name that an array may want, and leaves order and date to others.
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, value in sorted({**(mapping or {}), **named}.items()):
                member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                with archive.open(member, "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, np.asarray(value, order="C"), allow_pickle=False)

    return write


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an npz by name, as written (all are loaded)."""
    import numpy as np

    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def array(make: Callable[[], np.ndarray]) -> Content:
    """Return a writer of one array as npy, which can be mapped into memory; ``make`` is called to write it."""

    def write(path: Path) -> None:
        import numpy as np

        with path.open("wb") as stream:
            np.lib.format.write_array(stream, np.ascontiguousarray(make()), allow_pickle=False)

    return write


def shard_name(number: int) -> str:
    """Return the name of the file of that number, from 0, of a set in shards."""
    return f"images-{number:05}.npy"


def read_mapped(path: Path) -> np.ndarray:
    """Return the array of a file, mapped into memory: nothing is read until it is looked at."""
    import numpy as np

    mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


def weights(state: Mapping[str, torch.Tensor]) -> Content:
    """Return a writer of tensors by name as safetensors, without metadata (its order differs from run to run)."""

    def write(path: Path) -> None:
        import torch
        from safetensors.torch import save

        # Cloned: safetensors refuses tensors that share memory, such as tied weights.
        plain = {
            name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, tensor in state.items()
        }
        path.write_bytes(save(plain))

    return write


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a safetensors file by name, on the CPU."""
    from safetensors.torch import load_file

    tensors: dict[str, torch.Tensor] = load_file(path, device="cpu")
    return tensors


def json_file(value: Any) -> Content:
    """Return a writer of JSON with sorted keys; NaN and infinities are written as Python's json reads them."""

    def write(path: Path) -> None:
        path.write_bytes((json.dumps(value, indent=1, sort_keys=True) + "\n").encode())

    return write


def read_json(path: Path) -> Any:
    """Return the value of a JSON file."""
    return json.loads(path.read_bytes())


def frame(table: pd.DataFrame) -> Content:
    """Return a writer of a data frame as parquet: columns in their order, rows in their order, no index."""

    def write(path: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        plain = pa.Table.from_pandas(table, preserve_index=False, nthreads=1).replace_schema_metadata(None)
        parquet.write_table(plain, path, compression="zstd", store_schema=False)

    return write


def read_frame(path: Path) -> pd.DataFrame:
    """Return the data frame of a parquet file: numbers, booleans and text only, never categories."""
    from pyarrow import parquet

    table: pd.DataFrame = parquet.read_table(path, use_threads=False).to_pandas(use_threads=False)
    return table


def csv(table: pd.DataFrame) -> Content:
    """Return a writer of a data frame as csv: a header, no index, numbers with all their digits."""

    def write(path: Path) -> None:
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")

    return write


def text(value: str) -> Content:
    """Return a writer of a text in UTF-8, line ends as they are."""

    def write(path: Path) -> None:
        path.write_bytes(value.encode())

    return write


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text, line ends as they are."""
    return path.read_bytes().decode()
