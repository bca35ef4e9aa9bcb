"""The one place where torchvision is imported.

A torchvision built for CUDA cannot load its compiled operators beside a CPU build of torch; its import then
fails on the schema of ``nms``. Networks and transforms need none of these operators, so in that case, and only
then, the two schemas are declared and the import is repeated. ``torchvision.ops`` and ``torchvision.io`` stay
unusable there: nothing of this project uses them.
"""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import cast

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_KEPT_ALIVE: list[torch.library.Library] = []


def import_torchvision() -> ModuleType:
    """Return the torchvision module, with operator schemas declared where its own library cannot load.

    Raises:
        RuntimeError: torchvision fails for another reason than a missing operator.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    else:
        return cast(ModuleType, torchvision)
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # a failed import leaves half-initialised submodules behind
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    _KEPT_ALIVE.append(library)  # the schemas vanish with the object
    logging.getLogger(__name__).info("torchvision's compiled operators cannot load beside this torch; not needed")
    import torchvision

    return cast(ModuleType, torchvision)
