"""One rank of test_data_parallel.py: python rank_main.py RANK RANKS FOLDER. Not a test by itself."""

import sys
from pathlib import Path

import torch
import torch.distributed as dist

from hembench.core import plugins


def main(rank: int, ranks: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=ranks)
    results = {}
    for case in torch.load(folder / "cases.pt", weights_only=True):
        loss = plugins.load("losses", case["name"]).build(case["num_classes"], case["counts"], **case["options"])
        logits = case["logits"][rank].requires_grad_()
        value = loss(logits, case["labels"][rank])
        (gradient,) = torch.autograd.grad(value, logits)
        results[case["id"]] = {"value": value.detach(), "gradient": gradient}
    torch.save(results, folder / f"rank{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
