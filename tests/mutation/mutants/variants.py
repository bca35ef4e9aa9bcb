"""Plug-ins of the copied project that differ from the package's own in a constant or two.

So what is for sets that are large or downloaded is executed on small ones that are at hand, by the package's code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """A plug-in's file with other lines.

    Attributes:
        kind: folder of the plug-in.
        of: the package's plug-in.
        edits: text -> other text; each occurs once.
        name: of the variant; empty: it stands in the place of the package's.
    """

    kind: str
    of: str
    edits: Mapping[str, str]
    new: str = ""

    @property
    def name(self) -> str:
        return self.new or self.of


_FEW = {'SIZES = {"train": 200, "test": 100}': 'SIZES = {"train": 12, "test": 24}'}
_IN_SHARDS = {"COMPLETE = True": "COMPLETE = True\nLARGE = True"}
_IN_MEMORY = {"LARGE = True": "LARGE = False"}
_ENCODED = {
    "from torch import nn\n": "from collections import OrderedDict\n\nfrom torch import nn\n",
    "    return nn.Sequential(*layers, nn.Conv2d(channels, num_classes, 1))": (
        "    parts = OrderedDict(encoder=nn.Sequential(*layers), head=nn.Conv2d(channels, num_classes, 1))\n"
        "    return nn.Sequential(parts)"
    ),
}

VARIANTS = (
    Variant("datasets", "digit_scenes", _FEW),
    Variant("datasets", "digit_scenes", _FEW | _IN_SHARDS, "scenes_in_shards"),
    Variant("datasets", "imagenet1k_made", _IN_MEMORY, "photographs_made"),
    Variant(
        "corruptions",
        "imagenet1k_made_c",
        _IN_MEMORY | {'OF = "imagenet1k_made"': 'OF = "photographs_made"'},
        "photographs_made_c",
    ),
    Variant("episodes", "split_mnist", {'DATASET = "mnist"': 'DATASET = "digits"'}),
    Variant("episodes", "permuted_mnist", {'DATASET = "mnist"': 'DATASET = "digits"'}),
    Variant("episodes", "split_cifar10", {'DATASET = "cifar10"': 'DATASET = "digits"'}),
    Variant("episodes", "split_cifar100", {'DATASET = "cifar100"': 'DATASET = "digits"'}),
    Variant("networks", "fcn", _ENCODED, "fcn_encoded"),
)

RECIPES = {"lwf_mnist": {"epochs: 21": "epochs: 1"}}
"""Recipes of the paper's, which a study of the paper's pairs has to name, with fewer epochs."""


def varied(text: str, edits: Mapping[str, str]) -> str:
    """Return a file's text with its edits."""
    for old, new in edits.items():
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text
