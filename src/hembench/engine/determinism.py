"""Same bytes for the same work: settings and global random state, held while we compute and then given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch


@contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """Compute reproducibly inside the block; restore the caller's settings afterwards.

    On a CPU: one thread, because other thread counts change bits (guides/dependencies.md section 4), and an
    operation without a deterministic kernel is an error. On CUDA: no benchmarking, deterministic cuDNN kernels,
    no TF32 (so that "float32" means it), and an operation without a deterministic kernel warns instead: some
    layers have none. cuBLAS also needs ``CUBLAS_WORKSPACE_CONFIG``, which only counts before CUDA starts, so
    whoever starts the process sets it.
    """
    cuda = device.type == "cuda"
    threads = torch.get_num_threads()
    mode = torch.get_deterministic_debug_mode()
    matmul = torch.get_float32_matmul_precision()
    with ExitStack() as stack:
        # Not use_deterministic_algorithms: it sets the same switch, but imports torch's compiler, a second of CPU.
        stack.callback(torch.set_deterministic_debug_mode, mode)
        torch.set_deterministic_debug_mode("warn" if cuda else "error")
        if cuda:
            stack.callback(torch.set_float32_matmul_precision, matmul)
            torch.set_float32_matmul_precision("highest")
            stack.enter_context(
                torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
            )
        else:
            stack.callback(torch.set_num_threads, threads)
            torch.set_num_threads(1)
        yield


def seed_global(seed: int, device: torch.device) -> None:
    """Seed torch's global generators of the CPU and of ``device``, for layers that know no other (dropout).

    ``torch.manual_seed`` does the same for every device, at a hundred times the price where CUDA is not in use.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[_index(device)].manual_seed(seed)


@contextmanager
def preserved_random_state(device: torch.device) -> Iterator[None]:
    """Give the caller's global random state of the CPU and of ``device`` back after the block."""
    on_cpu = torch.get_rng_state()
    on_device = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    try:
        yield
    finally:
        torch.set_rng_state(on_cpu)
        if on_device is not None:
            torch.cuda.set_rng_state(on_device, device)


def _index(device: torch.device) -> int:
    return torch.cuda.current_device() if device.index is None else device.index
