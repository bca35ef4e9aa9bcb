"""Keeping a library that seeds global generators, switches modes and warns away from its caller, and back."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def shielded(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Attack inside the block; afterwards the caller's world is as it was.

    Saved and restored: the global generators of Python, numpy (legacy) and torch (CPU and ``device``), and each
    module's training mode and each parameter's ``requires_grad``. Inside, the model is in evaluation mode, its
    parameters want no gradients (the attacks only need those of images), and warnings are silent.
    """
    with ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        stack.callback(torch.set_rng_state, torch.get_rng_state())
        if device.type == "cuda":
            stack.callback(torch.cuda.set_rng_state, torch.cuda.get_rng_state(device), device)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.callback(_restore_modes, {module: module.training for module in model.modules()})
        stack.callback(
            _restore_gradients, {parameter: parameter.requires_grad for parameter in model.parameters()}
        )
        model.eval()
        model.requires_grad_(False)
        yield


def _restore_modes(modes: dict[nn.Module, bool]) -> None:
    for module, training in modes.items():
        module.training = training


def _restore_gradients(wanted: dict[nn.Parameter, bool]) -> None:
    for parameter, wants in wanted.items():
        parameter.requires_grad_(wants)
