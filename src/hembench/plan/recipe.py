"""Recipes: the training settings of a condition, as data, each number with its source in the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from hembench.core import plugins
from hembench.core.errors import ConfigError, nearest
from hembench.core.wording import shown, whole
from hembench.plan import files
from hembench.plan._model import Label, Model, explain, said


class Optimiser(Model):
    """The optimiser; further keys are options of its file."""

    model_config = ConfigDict(extra="allow")

    name: Label = Field(
        description="an optimiser's name (src/hembench/optimisers/)",
        json_schema_extra=said(source="A.1.4, A.2.4: by data-set"),
    )
    learning_rate: float = Field(
        gt=0, description="initial learning rate", json_schema_extra=said(source="A.1.4, A.2.4: by data-set")
    )


class Schedule(Model):
    """The learning rate is multiplied by ``factor`` at the end of each epoch of ``milestones``."""

    milestones: list[Annotated[int, Field(ge=1)]] = Field(
        default_factory=list,
        description="epochs at whose end the rate drops; none: constant",
        json_schema_extra=said("epochs, from 1", "A.1.4: constant for MNIST, else by data-set"),
    )
    factor: float = Field(
        0.1, gt=0, description="what the rate is multiplied by", json_schema_extra=said(source="A.1.4: 1/10")
    )


class Warmup(Model):
    """Geometric growth of the learning rate, step by step, from ``start_factor`` times its value."""

    epochs: int = Field(
        0,
        ge=0,
        description="length; 0: none",
        json_schema_extra=said("epochs", "A.1.4: only SwinT and ViT have one"),
    )
    start_factor: float = Field(
        0.01,
        gt=0,
        le=1,
        description="first rate as a share of the full one",
        json_schema_extra=said("share", "ours: the paper says 'exponential' only (docs/decisions.md)"),
    )


class Augmentation(Model):
    """Random changes of the training images, batched on the device; further keys are options of its file."""

    model_config = ConfigDict(extra="allow")

    name: Label = Field(
        description="an augmentation's name (src/hembench/augmentations/)",
        json_schema_extra=said(source="A.1.4: none for MNIST; flip and crop for CIFAR, TinyImageNet"),
    )


class Recipe(Model):
    """Training settings; what the paper does not state is off."""

    optimiser: Optimiser = Field(description="optimiser and its numbers")
    epochs: int = Field(
        ge=1, description="passes over the training set", json_schema_extra=said("epochs", "A.1.4: by data-set")
    )
    batch_size: int = Field(
        ge=1,
        description="images in a step; the last batch of an epoch may be smaller",
        json_schema_extra=said("images", "A.1.4: 128 in most"),
    )
    schedule: Schedule = Field(default_factory=lambda: Schedule.model_validate({}), description="learning rate")
    warmup: Warmup = Field(default_factory=lambda: Warmup.model_validate({}), description="warm-up")
    augmentation: Augmentation | None = Field(None, description="random changes of images; default: none")
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32",
        description="autocast precision; losses are always computed in float32, with bfloat16 or float16 of "
        "logits that the network has rounded (bfloat16: in steps of 0.008 at 1, more than HEM's margin of pixels)",
        json_schema_extra=said(source="ours: the paper says nothing of mixed precision"),
    )
    processes: int = Field(
        1,
        ge=1,
        description="processes that train a cell together, each with a GPU and its part of every batch; batch "
        "normalisation is over a part",
        json_schema_extra=said(source="ours: A.1.4 has one GPU, four for ImageNet, not how these were used"),
    )
    channels_last: bool = Field(
        False,
        description="memory format of convolutions (speed; changes bits)",
        json_schema_extra=said(source="ours"),
    )
    compile: bool = Field(
        False,
        description="train through torch.compile (speed; changes bits; needs a C++ compiler)",
        json_schema_extra=said(source="ours: the paper says nothing of it"),
    )


PLUGINS = {"optimiser": "optimisers", "augmentation": "augmentations"}
"""Sections that name a plug-in, and its kind; ``OWN`` keys are no options of it."""

OWN = ("name", "learning_rate")

RESERVED = ("sources", "for_loss")
"""Keys of a recipe file that are no settings: where each number is from, and changes for one loss."""


def resolve_recipe(name: str, text: dict[str, Any] | None, folder: Path, loss: str) -> dict[str, Any]:
    """Return the settings of recipe ``name`` for ``loss``, validated, all defaults filled in.

    Args:
        name: name of the recipe.
        text: its settings where the study gives them itself, else None: ``<folder>/<name>.yaml`` is read.
        folder: folder of recipe files.
        loss: the plug-in name of the loss, for ``for_loss``.

    Raises:
        ConfigError: no such recipe, no YAML, or an unknown key or wrong value in it.
    """
    where = f"recipe {name!r}"
    if text is None:
        path = folder / f"{name}.yaml"
        if not path.is_file():
            known = sorted(p.stem for p in folder.glob("*.yaml"))
            raise ConfigError(
                f"recipe {name!r} is neither in `recipes:` of the study nor a file {path}.{nearest(name, known)} "
                f"Known: {', '.join(known) or 'none'}."
            )
        where, text = str(path), files.mapping(path, "epochs:")
    settings = {key: value for key, value in text.items() if key not in RESERVED}
    changes = _changes(where, text.get("for_loss"))
    recipe = _validated(where, settings)
    for name_of_loss, change in changes.items():  # all of them: a typo must not wait for the study that uses it
        changed = _validated(f"{where}: for_loss.{name_of_loss}", _merged(settings, change))
        recipe = changed if name_of_loss == loss else recipe
    _check_sources(where, text.get("sources"), recipe)
    return recipe


def _changes(where: str, for_loss: Any) -> dict[str, dict[str, Any]]:
    """Return the settings that differ for a loss, by the loss's plug-in name."""
    known = plugins.names("losses")
    changes = for_loss or {}
    for name, change in changes.items() if isinstance(changes, dict) else [("for_loss", None)]:
        if name not in known or not isinstance(change, dict):
            raise ConfigError(
                f"{where}: for_loss: expected the name of a loss (not a label) with its settings, such as "
                f"'ce: {{warmup: {{epochs: 10}}}}', got {name!r}.{nearest(str(name), known)}"
            )
    return dict(changes)


def _validated(where: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with all defaults filled in, those of the plug-ins by their own files."""
    try:
        recipe = Recipe.model_validate(whole(settings)).model_dump()
    except ValidationError as error:
        raise ConfigError(f"{where}: {explain(error, Recipe)}") from None
    for key, kind in PLUGINS.items():
        if section := recipe[key]:
            given = {name: value for name, value in section.items() if name not in OWN}
            filled = plugins.check_options(kind, section["name"], given, where=f"{where}: {key}")
            recipe[key] = {name: section[name] for name in section if name in OWN} | filled
    if recipe["optimiser"].get("nesterov") and not recipe["optimiser"]["momentum"]:
        raise ConfigError(f"{where}: optimiser.nesterov needs optimiser.momentum.")
    processes, batch = recipe["processes"], recipe["batch_size"]
    if processes > 1 and batch < 2 * processes:
        raise ConfigError(
            f"{where}: batch_size {batch} is too small for {processes} processes: batch normalisation needs two "
            f"images in each. Give {2 * processes} or more, or fewer processes."
        )
    return recipe


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes`` laid over it, mapping by mapping."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _check_sources(where: str, sources: Any, settings: dict[str, Any]) -> None:
    if not isinstance(sources or {}, dict):
        raise ConfigError(f"{where}: sources: expected a mapping of settings to text, got {shown(sources)}.")
    known = [
        *settings,
        *(f"{key}.{part}" for key, value in settings.items() if isinstance(value, dict) for part in value),
    ]
    for key in sources or {}:
        if key not in known:
            raise ConfigError(f"{where}: sources names {key!r}, which is no setting.{nearest(str(key), known)}")
