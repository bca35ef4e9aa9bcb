"""Time and memory of the losses as ratios to torch's cross-entropy, all in one run.

    python benchmarks/losses.py [--shape 2 19 128 256] [--rounds 20] [--device cpu] [--json]
    python benchmarks/losses.py --shape 4 19 512 1024 --rounds 3      # a batch of Cityscapes

A tenth of the labels is ignored.
Time: forward and backward. The losses take turns, each timed call after an untimed one of the same loss (what the
one before left in the cache is not its business); the median of each is divided by that of cross-entropy.
Saved: bytes that the graph keeps between forward and backward, the logits themselves left out, per logit.
Peak: most bytes that one forward and backward needs at a time beyond what was there before, gradient included; the
ratio is to cross-entropy's. On a CPU it is the process's memory (Linux); of small batches nothing is said.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hembench.losses import ce, dice, hem, hem_plus, la, ln, mm

FLAT = ((128, 10), (128, 100), (128, 1000))
IGNORED = 0.1
CLEAR = Path("/proc/self/clear_refs")
MANY = 10**7
"""Logits from which on resident memory tells losses apart."""


def losses(classes: int) -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    counts = [5000 // (i + 1) + 1 for i in range(classes)]
    ours: dict[str, nn.Module] = {
        "ce": ce.build(classes),
        "la": la.build(classes, counts),
        "ln": ln.build(classes),
        "dice": dice.build(classes),
        "mm": mm.build(classes),
        "hem": hem.build(classes, margin=0.2),
        "hem power 1/2": hem.build(classes, margin=0.2, power=0.5),
        "hem_plus": hem_plus.build(classes, counts),
        "hem_plus competitor": hem_plus.build(classes, counts, margin_index="competitor"),
        "hem_plus power 1/2": hem_plus.build(classes, counts, power=0.5),
    }
    return {"torch's cross-entropy": F.cross_entropy, **ours}


def seconds(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, labels: Tensor) -> float:
    torch.autograd.grad(loss(logits, labels), logits)
    if logits.device.type == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    torch.autograd.grad(loss(logits, labels), logits)
    if logits.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def saved_bytes(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, labels: Tensor) -> int:
    saved: dict[int, tuple[int, Tensor]] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = (storage.nbytes(), tensor)  # kept alive: an address is not given out twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss(logits, labels)
    given = {logits.untyped_storage().data_ptr(), labels.untyped_storage().data_ptr()}
    return sum(size for address, (size, _) in saved.items() if address not in given)


def peak_bytes(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, labels: Tensor) -> float:
    """Return the peak, NaN where the system doesn't tell."""
    torch.autograd.grad(loss(logits, labels), logits)
    cuda = logits.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    elif CLEAR.exists():
        CLEAR.write_text("5")  # the peak begins anew at what is resident now
        before = resident("VmRSS")
    else:
        return math.nan
    torch.autograd.grad(loss(logits, labels), logits)
    return (torch.cuda.max_memory_allocated() if cuda else resident("VmHWM")) - before


def resident(of: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(f"{of}:")))


def measure(shape: tuple[int, ...], rounds: int, device: str) -> list[dict[str, float | str]]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(shape, generator=generator).to(device).requires_grad_()
    labels = torch.randint(0, shape[1], (shape[0], *shape[2:]), generator=generator).to(device)
    labels[torch.rand(labels.shape, generator=generator).to(device) < IGNORED] = -100
    compared = losses(shape[1])
    peaks = {name: peak_bytes(loss, logits, labels) for name, loss in compared.items()}
    times: dict[str, list[float]] = {name: [] for name in compared}
    for _ in range(rounds):
        for name, loss in compared.items():
            times[name].append(seconds(loss, logits, labels))
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = medians["torch's cross-entropy"]
    return [
        {
            "loss": name,
            "milliseconds": 1e3 * medians[name],
            "time": medians[name] / base,
            "peak": peaks[name] / peaks["torch's cross-entropy"] if logits.numel() > MANY else math.nan,
            "saved": saved_bytes(loss, logits, labels) / logits.numel(),
        }
        for name, loss in compared.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=4, default=[2, 19, 128, 256], metavar=("N", "C", "H", "W"))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = {
        str(list(shape)): measure(shape, arguments.rounds, arguments.device)
        for shape in (tuple(arguments.shape), *FLAT)
    }
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    print(f"torch {torch.__version__}, {arguments.device}, {torch.get_num_threads()} thread(s)")
    for shape, rows in results.items():
        print(
            f"\nlogits {shape}\n"
            f"{'loss':<24}{'ms':>10}{'time / CE':>12}{'peak / CE':>12}{'saved bytes per logit':>24}"
        )
        for row in rows:
            print(
                f"{row['loss']:<24}{row['milliseconds']:>10.3f}{row['time']:>12.2f}{row['peak']:>12.2f}{row['saved']:>24.2f}"
            )


if __name__ == "__main__":
    main()
