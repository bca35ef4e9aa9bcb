"""Conditions of segmentation: data-sets with a label for each pixel, and what is chosen for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError, PluginError
from hembench.plan import sets
from hembench.plan.tasks import DenseConfig

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's training images, in [0, 1], by channel."""

IGNORED = 255
"""The label of pixels that take no part, in all data-sets."""

UNIT = str(DenseConfig.model_fields["class_count_unit"].default)
"""What a sample is taken for by our reading of the paper."""

UNNAMED = "pixel"
"""The unit that names of conditions don't mention: what is the default may change, names of results may not."""


@dataclass(frozen=True)
class Dense:
    """What is chosen for a condition whose data-set has a label for each pixel."""

    class_count_unit: str
    encoder: dict[str, str] | None
    normalise: dict[str, list[float]] | None
    batch_size: int
    ignored: int

    def shared(self) -> dict[str, Any]:
        """Return what the options of trainings and predictions hold of it."""
        return {"ignored": self.ignored, "normalise": self.normalise}

    @property
    def as_read(self) -> bool:
        """Whether it is the paper's by our reading: counted in our unit, random weights, input in [0, 1]."""
        return self.usual and self.encoder is None and self.normalise is None

    @property
    def usual(self) -> bool:
        """Whether classes are counted in the unit that is the default."""
        return self.class_count_unit == UNIT

    def suffix(self) -> str:
        """Return what of it the name of a condition says."""
        unit = self.class_count_unit
        return ("" if unit == UNNAMED else f"-{unit}") + self.uncounted()

    def uncounted(self) -> str:
        """Return the same without the unit in which classes are counted."""
        parts = [f"encoder_{self.encoder['sha256'][:6]}"] if self.encoder else []
        parts += ["normalised"] if self.normalise else []
        return "".join(f"-{part}" for part in parts)


def dense_of(config: DenseConfig | None, dataset: str, where: str) -> Dense | None:
    """Return what is chosen for a condition of a data-set, defaults filled in; None where images have labels.

    Raises:
        ConfigError: something is chosen where pixels have no labels.
        PluginError: the data-set ignores another label than 255.
    """
    if not sets.is_dense(dataset):
        if config is not None:
            raise ConfigError(
                f"{where}: dense: is for data-sets with a label for each pixel; {dataset!r} is none. Remove it."
            )
        return None
    ignored = plugins.constants("datasets", dataset)["IGNORED"]
    if ignored != IGNORED:
        raise PluginError(
            f"src/hembench/datasets/{dataset}.py: IGNORED is {ignored!r}. It has to be {IGNORED}, which crops and "
            "pictures of examples take for pixels without a class."
        )
    config = config or DenseConfig.model_validate({})
    return Dense(
        config.class_count_unit,
        config.encoder.model_dump() if config.encoder else None,
        {"mean": list(MEAN), "std": list(STD)} if config.normalise else None,
        config.batch_size,
        IGNORED,
    )


def check_recipe(recipe: dict[str, Any], where: str) -> None:
    """Refuse a recipe whose augmentation leaves the labels of pixels where they were.

    Raises:
        ConfigError: it does.
    """
    name = recipe["augmentation"] and recipe["augmentation"]["name"]
    if name and not plugins.constants("augmentations", name).get("OF_LABELS"):
        fitting = [
            each
            for each in plugins.names("augmentations")
            if plugins.constants("augmentations", each).get("OF_LABELS")
        ]
        raise ConfigError(
            f"{where}: augmentation {name!r} does not change the labels of pixels with their pictures. "
            f"Those that do: {', '.join(fitting)}."
        )


def uses_counts(loss: str) -> bool:
    """Tell whether a loss is made of the number of samples of each class: constant COUNTS of its file."""
    return bool(plugins.constants("losses", loss).get("COUNTS", False))
