"""The whole state of a training as bytes, without pickle: JSON for the numbers, safetensors for the tensors."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from safetensors.torch import load, save
from torch import Tensor

from hembench.core.errors import StoreError

_TENSOR = "\u0000tensor"
"""Key that stands for a tensor in the JSON part; no name of ours holds a NUL."""

_HEAD = 32 + 8


def to_bytes(state: dict[str, Any]) -> bytes:
    """Return a nested dict of tensors, numbers, strings, lists and None as bytes; equal states, equal bytes.

    Layout: sha256 of all that follows (32 bytes), length of the JSON (8 bytes, little-endian), JSON, safetensors.
    """
    tensors: dict[str, Tensor] = {}
    numbers = json.dumps(_take_out(state, "", tensors), sort_keys=True, allow_nan=False).encode()
    content = len(numbers).to_bytes(8, "little") + numbers + save(tensors)
    return hashlib.sha256(content).digest() + content


def from_bytes(content: bytes) -> dict[str, Any]:
    """Return the state that :func:`to_bytes` wrote.

    Raises:
        StoreError: the bytes are torn or were changed.
    """
    if len(content) < _HEAD or hashlib.sha256(content[32:]).digest() != content[:32]:
        raise StoreError("a saved training state is torn or damaged: use the one before it, or start anew.")
    end = _HEAD + int.from_bytes(content[32:_HEAD], "little")
    numbers: dict[str, Any] = json.loads(content[_HEAD:end])
    state: dict[str, Any] = _put_back(numbers, load(content[end:]))
    return state


def _take_out(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[place] = value.detach().to("cpu").contiguous()
        return {_TENSOR: place}
    if isinstance(value, dict):
        return {key: _take_out(part, f"{place}/{key}", tensors) for key, part in value.items()}
    return value


def _put_back(value: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    if _TENSOR in value:
        return tensors[value[_TENSOR]]
    return {key: _put_back(part, tensors) for key, part in value.items()}
