"""Recipes: the training settings of a condition, as data, each number with its source in the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hembench.core.errors import ConfigError, nearest


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Optimiser(_Model):
    """The optimiser and its numbers."""

    name: Literal["sgd", "adam", "adamw"] = Field(description="torch.optim's SGD, Adam or AdamW")
    learning_rate: float = Field(gt=0, description="initial learning rate")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum of SGD; 0 for the others")
    weight_decay: float = Field(0.0, ge=0, description="weight decay, as the optimiser of torch applies it")
    nesterov: bool = Field(False, description="Nesterov momentum (SGD)")


class Schedule(_Model):
    """The learning rate is multiplied by ``factor`` at the end of each epoch of ``milestones``."""

    milestones: list[Annotated[int, Field(ge=1)]] = Field(
        default_factory=list, description="epochs at whose end the rate drops; none: constant"
    )
    factor: float = Field(0.1, gt=0, description="what the rate is multiplied by")


class Warmup(_Model):
    """Geometric growth of the learning rate, step by step, from ``start_factor`` times its value."""

    epochs: int = Field(0, ge=0, description="length in epochs; 0: none")
    start_factor: float = Field(0.01, gt=0, le=1, description="first rate as a share of the full one")


class Augmentation(_Model):
    """Random changes of the training images, batched on the device."""

    flip: bool = Field(False, description="mirror left to right with probability 1/2")
    crop_padding: int = Field(0, ge=0, description="pad by so many pixels (zeros), crop at random; 0: none")


class Recipe(_Model):
    """Training settings; what the paper does not state is off."""

    optimiser: Optimiser = Field(description="optimiser and its numbers")
    epochs: int = Field(ge=1, description="passes over the training set")
    batch_size: int = Field(ge=1, description="images in a step; the last batch of an epoch may be smaller")
    schedule: Schedule = Field(default_factory=lambda: Schedule.model_validate({}), description="learning rate")
    warmup: Warmup = Field(default_factory=lambda: Warmup.model_validate({}), description="warm-up")
    augmentation: Augmentation = Field(
        default_factory=lambda: Augmentation.model_validate({}), description="random changes of images"
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field("float32", description="autocast precision")
    channels_last: bool = Field(False, description="memory format of convolutions (speed; changes bits)")


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
        ConfigError: no such recipe, or an unknown key or wrong value in it.
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
        where, text = str(path), yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(text, dict):
            raise ConfigError(f"{path}: expected a mapping of settings such as 'epochs:'.")
    settings = {key: value for key, value in text.items() if key not in RESERVED}
    changes = (text.get("for_loss") or {}).get(loss) or {}
    try:
        recipe = Recipe.model_validate(_merged(settings, changes))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(f"{where}: {key}: {first['msg']}. See config/README.md.") from None
    if recipe.optimiser.name != "sgd" and (recipe.optimiser.momentum or recipe.optimiser.nesterov):
        raise ConfigError(f"{where}: optimiser.momentum and nesterov are for sgd, not {recipe.optimiser.name}.")
    if recipe.optimiser.nesterov and not recipe.optimiser.momentum:
        raise ConfigError(f"{where}: optimiser.nesterov needs optimiser.momentum.")
    _check_sources(where, text.get("sources") or {}, recipe)
    return recipe.model_dump()


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes`` laid over it, mapping by mapping."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _check_sources(where: str, sources: dict[str, str], recipe: Recipe) -> None:
    settings = recipe.model_dump()
    known = [*settings, *(f"{key}.{part}" for key, value in settings.items() if isinstance(value, dict) for part in value)]
    for key in sources:
        if key not in known:
            raise ConfigError(f"{where}: sources names {key!r}, which is no setting.{nearest(key, known)}")
