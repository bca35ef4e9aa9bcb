"""Design rule 1 in fresh processes, the global generators poisoned first: losses are paired, cells are exact."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROBE = """
import hashlib, json, random, sys
import numpy as np, torch
from torch import nn
from hembench.core.checkpoint import Unsaved
from hembench.losses import ce, hem
from hembench.augmentations import crop_and_flip
from hembench.networks import convnet
from hembench.optimisers import sgd
from hembench.tasks import classification

loss, poison = sys.argv[1], int(sys.argv[2])
random.seed(poison), np.random.seed(poison), torch.manual_seed(poison), torch.set_num_threads(poison)
images = np.random.default_rng(0).integers(0, 256, (90, 1, 8, 8), dtype=np.uint8)
labels = np.arange(90) % 10
recipe = {
    "optimiser": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4},
    "epochs": 2, "batch_size": 32, "schedule": {"milestones": [], "factor": 0.1},
    "warmup": {"epochs": 0, "start_factor": 0.01},
    "augmentation": {"name": "crop_and_flip", "flip": True, "crop_padding": 2},
    "precision": "float32", "channels_last": False, "compile": False, "processes": 1,
}
seen = {"batches": hashlib.sha256(), "dropout": hashlib.sha256(), "labels": hashlib.sha256()}

class Watched(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.dropout = nn.Dropout(0.5)
    def forward(self, batch):
        seen["batches"].update(batch.numpy().tobytes())
        seen["dropout"].update(self.dropout(torch.ones(100)).numpy().tobytes())
        return self.inner(batch)

def build_network(*arguments, **options):
    network = Watched(convnet.build(*arguments, **options))
    seen["initial"] = hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in network.parameters()))
    return network

def build_loss(*arguments, **options):
    made = {"ce": ce, "hem": hem}[loss].build(*arguments, **options)
    torch.rand(poison)
    made.register_forward_pre_hook(lambda module, inputs: seen["labels"].update(inputs[1].numpy().tobytes()))
    return made

options = {"condition": "c", "seed": 3, "num_classes": 10, "image_shape": [1, 8, 8], "recipe": recipe,
           "loss": {"name": loss, "options": {}}, "network": {"name": "convnet", "options": {}}}
parts = {"network": build_network, "loss": build_loss, "optimiser": sgd.build, "augmentation": crop_and_flip.build}
weights, history = classification.train(images, labels, np.full(10, 9), options, parts, "cpu",
                                        lambda share, words: None, Unsaved())
found = {name: value.hexdigest() for name, value in seen.items()}
found["weights"] = hashlib.sha256(b"".join(weights[n].numpy().tobytes() for n in sorted(weights))).hexdigest()
found["history"] = hashlib.sha256(json.dumps(history).encode()).hexdigest()
print(json.dumps(found))
"""


def probe(loss: str, poison: int) -> dict[str, str]:
    environment = {**os.environ, "PYTHONHASHSEED": str(poison)}
    command = [sys.executable, "-c", PROBE, loss, str(poison)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_losses_are_paired_and_a_cell_has_the_same_bytes_in_every_process():
    first, again, other = probe("hem", 1), probe("hem", 2), probe("ce", 3)
    assert first == again
    for paired in ("batches", "dropout", "labels", "initial"):
        assert first[paired] == other[paired], paired
    assert first["weights"] != other["weights"]
