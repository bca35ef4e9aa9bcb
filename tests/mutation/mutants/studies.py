"""The studies that are run and planned, and a copy of the project to run and plan them in."""

from __future__ import annotations

import shutil
from pathlib import Path

STUDY = """\
study: tiny
seeds: [0]
conditions:
  - {dataset: digits, network: mlp_tiny, recipe: one_epoch}
  - {dataset: digits, network: convnet_tiny, recipe: one_epoch, losses: [ce, hem]}
  - {dataset: digits_lt10, network: mlp_tiny, recipe: one_epoch, losses: [ce, la, hem_p05]}
datasets:
  digits_lt10: {dataset: digits, imbalance: 10}
networks:
  mlp_tiny: {network: mlp, width: 8, depth: 1}
  convnet_tiny: {network: convnet, channels: 4, pooled: 1}
losses:
  ce: {}
  ln: {}
  la: {}
  focal: {}
  dice: {}
  mm: {}
  mm_maz: {}
  mm_thres: {}
  hem: {}
  hem_p05: {loss: hem, power: 0.5}
  hem_plus: {}
recipes:
  one_epoch: {optimiser: {name: sgd, learning_rate: 0.1}, epochs: 1, batch_size: 256}
evaluate:
  predict:
    main: {ood: [uniform, blobs, permuted, phase], corruptions: [noise, blur, contrast]}
  ood_images: 20
  severities: [1]
  attacks:
    - {attack: autoattack_paper, norm: Linf, eps: 0.5, images: 4, shard: 2, queries: 5, steps: 2}
claims: {}
"""
"""Classification: every loss but ``class_similarity``, of the smallest networks that there are."""

ONE_CELL = """\
study: one_cell
seeds: [0]
conditions: [{dataset: digits_lt10, network: mlp_tiny, recipe: one_epoch}]
datasets:
  digits_lt10: {dataset: digits, imbalance: 10}
networks:
  mlp_tiny: {network: mlp, width: 8, depth: 1}
losses:
  ce: {}
recipes:
  one_epoch: {optimiser: {name: sgd, learning_rate: 0.1}, epochs: 1, batch_size: 1024}
evaluate:
  predict: {main: {ood: [uniform]}}
  ood_images: 20
  attacks: [{attack: autoattack_paper, norm: Linf, eps: 0.5, images: 2, shard: 2, queries: 2, steps: 1}]
tables: [ood]
figures: [learning_curves]
claims: {}
"""
"""Every stage, once: what boundary code is executed with, again and again. Few claims are about a long-tailed set:
to judge them all would take longer than everything else."""


def copied(project: Path, root: Path) -> Path:
    """Copy what planning and making results need."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(project / "src" / "hembench", root / "src" / "hembench", ignore=ignored)
    shutil.copytree(project / "config" / "recipes", root / "config" / "recipes")
    return root
