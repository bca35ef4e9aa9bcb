from __future__ import annotations

import pytest
import torch

from hembench.engine.determinism import deterministic, preserved_random_state, seed_global

CPU = torch.device("cpu")


def settings():
    return torch.get_deterministic_debug_mode(), torch.get_num_threads()


def test_settings_hold_inside_and_are_given_back():
    torch.set_num_threads(2)
    try:
        before = settings()
        with deterministic(CPU):
            assert settings() == (2, 1)
            assert torch.are_deterministic_algorithms_enabled()
        assert settings() == before
        with pytest.raises(ValueError, match="inside"), deterministic(CPU):
            raise ValueError("inside")
        assert settings() == before
    finally:
        torch.set_num_threads(1)


def test_the_global_generator_is_seeded_inside_and_given_back():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with preserved_random_state(CPU):
        seed_global(9, CPU)
        inside = torch.rand(3)
        torch.rand(100)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(9)
    assert torch.equal(torch.rand(3), inside)
