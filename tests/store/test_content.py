from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from hembench.store import content


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "loss": ["hem", "ce", ""],
            "seed": np.array([3, 1, 2], dtype=np.int64),
            "value": [0.1, float("nan"), 1 / 3],
            "correct": [True, False, True],
        }
    )


WRITERS: dict[str, Callable[[], content.Content]] = {
    "arrays": lambda: content.arrays({"ood.kmnist": np.arange(6.0).reshape(2, 3)}, labels=np.arange(3)),
    "weights": lambda: content.weights({"layer.weight": torch.arange(6.0).reshape(2, 3), "bias": torch.zeros(2)}),
    "json": lambda: content.json_file({"b": [1, 0.5], "a": None}),
    "frame": lambda: content.frame(table()),
    "csv": lambda: content.csv(table()),
    "text": lambda: content.text("ä\r\nb\n"),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_equal_values_give_equal_bytes_at_another_time_and_under_another_name(kind: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "other name"
    WRITERS[kind]()(first)
    if kind == "arrays":
        time.sleep(2.1)  # a zip's times have a resolution of two seconds
    WRITERS[kind]()(second)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o666 & ~_umask()  # others may share the results folder


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_arrays_keep_names_with_dots_dtypes_and_shapes(tmp_path: Path) -> None:
    made = {
        "ood.kmnist": np.array([[1.5]], dtype=np.float32),
        "corruption.blur.3": np.zeros((0, 4), dtype=np.uint8),
        "file": np.int64(7),
        "names": np.array(["a", "bc"]),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    }
    content.arrays(made)(tmp_path / "a.npz")
    read = content.read_arrays(tmp_path / "a.npz")
    assert sorted(read) == sorted(made)
    for name, value in made.items():
        np.testing.assert_array_equal(read[name], value)
        assert read[name].dtype == np.asarray(value).dtype
        assert read[name].shape == np.asarray(value).shape


def test_arrays_do_not_depend_on_the_order_in_which_they_are_given(tmp_path: Path) -> None:
    content.arrays({"a": np.ones(1), "b": np.zeros(2)})(tmp_path / "1")
    content.arrays({"b": np.zeros(2), "a": np.ones(1)})(tmp_path / "2")
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert [member.date_time[0] for member in zipfile.ZipFile(tmp_path / "1").infolist()] == [1980, 1980]


def test_no_pickle_is_written_or_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        content.arrays(a=np.array([{}], dtype=object))(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        content.read_arrays(tmp_path / "b.npz")


def test_weights_round_trip_with_tied_transposed_and_half_tensors(tmp_path: Path) -> None:
    tied = torch.arange(6.0, requires_grad=True)
    state = {
        "a": tied,
        "b": tied,
        "c": torch.arange(6.0).reshape(2, 3).T,
        "d": torch.ones(2, dtype=torch.bfloat16),
    }
    content.weights(state)(tmp_path / "w.safetensors")
    read = content.read_weights(tmp_path / "w.safetensors")
    assert sorted(read) == sorted(state)
    assert all(torch.equal(read[name], state[name]) and read[name].dtype == state[name].dtype for name in state)


def test_json_keeps_numbers_and_the_nan_of_a_diverged_training(tmp_path: Path) -> None:
    content.json_file({"train_loss": [0.1, float("inf"), float("nan")], "n": 3})(tmp_path / "a.json")
    read = content.read_json(tmp_path / "a.json")
    assert read["train_loss"][:2] == [0.1, float("inf")]
    assert np.isnan(read["train_loss"][2])
    assert read["n"] == 3


def test_frame_round_trip_and_categories_become_text(tmp_path: Path) -> None:
    made = table()
    content.frame(made.assign(loss=made["loss"].astype("category")).iloc[[2, 0, 1]])(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(
        content.read_frame(tmp_path / "a.parquet"), made.iloc[[2, 0, 1]].reset_index(drop=True)
    )


def test_empty_frame_keeps_its_columns(tmp_path: Path) -> None:
    content.frame(table().iloc[:0])(tmp_path / "a.parquet")
    read = content.read_frame(tmp_path / "a.parquet")
    assert list(read.columns) == list(table().columns)
    assert read["value"].dtype == np.float64


def test_csv_has_a_header_no_index_and_all_digits(tmp_path: Path) -> None:
    content.csv(table())(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().splitlines()[:2] == [b"loss,seed,value,correct", b"hem,3,0.1,True"]
    assert b"0.3333333333333333" in (tmp_path / "a.csv").read_bytes()


def test_text_keeps_line_ends(tmp_path: Path) -> None:
    content.text("ä\r\nb\n")(tmp_path / "a.txt")
    assert content.read_text(tmp_path / "a.txt") == "ä\r\nb\n"
