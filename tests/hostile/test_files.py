"""Files that are not what they should be: a pickle in place of weights, arrays or a state runs no code."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from hembench.core.digest import file_sha256
from hembench.core.errors import StoreError
from hembench.engine import state as engine_state
from hembench.store import artefact, content
from hembench.store.environment import Meter
from hembench.store.state import State


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.path), "w"))


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Return the file that is made where a pickle is read."""
    return tmp_path / "exploded"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the artefact of a training."""
    folder = tmp_path / "results" / "train" / "mlp-hem-s0" / "0123456789ab"
    artefact.publish(folder, {"weights.safetensors": content.weights({"a": torch.ones(2)})}, {"stage": "train"})
    return folder


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_the_trap_works(trap: Path, protocol: int) -> None:
    pickle.loads(pickle.dumps(Bomb(trap), protocol)).close()
    assert trap.exists()


def test_a_pickle_in_place_of_weights_is_damage(folder: Path, trap: Path) -> None:
    torch.save({"a": Bomb(trap)}, folder / "weights.safetensors")
    with pytest.raises(StoreError, match=r"weights\.safetensors has \d+ bytes, the manifest says \d+.*--repair"):
        artefact.verified(folder)
    assert not trap.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_whose_manifest_was_forged_is_not_run(folder: Path, trap: Path, zipped: bool) -> None:
    path = folder / "weights.safetensors"
    if zipped:
        torch.save({"a": Bomb(trap)}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb(trap)))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][path.name] = {"sha256": file_sha256(path), "size": path.stat().st_size}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    artefact.verified(folder)
    with pytest.raises(Exception, match=r"(?i)header|deserializ"):
        content.read_weights(path)
    assert not trap.exists()


def test_a_pickle_in_place_of_arrays_or_an_object_in_them_is_not_run(tmp_path: Path, trap: Path) -> None:
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Bomb(trap)))
    with pytest.raises(ValueError, match="allow_pickle"):
        content.read_arrays(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", a=np.array([Bomb(trap)], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        content.read_arrays(tmp_path / "b.npz")
    assert not trap.exists()


def test_a_pickle_in_place_of_a_state_is_refused_and_the_job_begins_anew(folder: Path, trap: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "0").write_bytes(pickle.dumps(Bomb(trap)))
    torch.save(Bomb(trap), folder / "state" / "1")
    assert State(folder, "train", Meter()).load() is None
    with pytest.raises(Exception):  # noqa: B017, PT011  (whatever it is, it runs nothing)
        engine_state.from_bytes(pickle.dumps(Bomb(trap)))
    assert not trap.exists()
