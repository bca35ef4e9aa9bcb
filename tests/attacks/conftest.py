from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn


@pytest.fixture(scope="module")
def digits():
    """Images float32 (1797, 1, 8, 8) in [0, 1] and labels, and a small network trained on the first 1,200."""
    data = load_digits()
    images = torch.tensor(np.round(data.images / 16 * 255)).float().div(255)[:, None]
    labels = torch.tensor(data.target)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.Dropout(0.3), nn.ReLU(), nn.Linear(48, 10))
        optimiser = torch.optim.Adam(network.parameters(), 3e-3)
        for _ in range(15):
            for batch in torch.randperm(1200).split(64):
                optimiser.zero_grad()
                nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
                optimiser.step()
    return images[1200:], labels[1200:], network.eval()
