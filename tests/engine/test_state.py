from __future__ import annotations

import pytest
import torch

from hembench.core.errors import StoreError
from hembench.engine.state import from_bytes, to_bytes


def state():
    return {
        "epoch": 3,
        "history": {"train_loss": [0.5, None], "train_accuracy": [0.1, 0.2]},
        "weights": {"a.weight": torch.arange(6.0).reshape(2, 3).t(), "a.count": torch.tensor(7)},
        "optimiser": {"momentum": {"0": torch.full((2,), 0.1, dtype=torch.bfloat16)}, "empty": {}},
    }


def test_every_value_comes_back():
    back = from_bytes(to_bytes(state()))
    assert back["epoch"] == 3
    assert back["history"] == state()["history"]
    assert back["optimiser"]["empty"] == {}
    assert torch.equal(back["weights"]["a.weight"], state()["weights"]["a.weight"])
    assert torch.equal(back["weights"]["a.count"], torch.tensor(7))
    assert back["optimiser"]["momentum"]["0"].dtype == torch.bfloat16


def test_equal_states_have_equal_bytes_whatever_their_order():
    assert to_bytes(state()) == to_bytes(dict(reversed(state().items())))


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:20], lambda b: b"", lambda b: b + b"x"])
def test_torn_bytes_are_refused(damage):
    with pytest.raises(StoreError, match="torn or damaged"):
        from_bytes(damage(to_bytes(state())))


def test_one_changed_bit_is_refused():
    content = bytearray(to_bytes(state()))
    content[-3] ^= 1
    with pytest.raises(StoreError, match="torn or damaged"):
        from_bytes(bytes(content))
