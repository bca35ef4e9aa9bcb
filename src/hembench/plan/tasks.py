"""What a study says of conditions that are no classification: keys of continual learning and of segmentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hembench.plan._model import Label, Model, said


class ContinualConfig(Model):
    """Continual learning: the condition's data-set is learnt in episodes, by a strategy."""

    benchmark: Label = Field(description="how it is divided: a benchmark's name, or a label of `episodes:`")
    strategy: Label = Field(description="a strategy's name, or a label of `strategies:`")
    incremental: Literal["class", "domain", "task"] | None = Field(
        None,
        description="one head for all classes, or for the classes that all episodes have, or (task) a head for "
        "each episode, which is then known in the test; default: class, or domain where the benchmark is permuted",
        json_schema_extra=said(source="A.3: not stated"),
    )
    units: Literal["all", "seen", "own", "masked"] | None = Field(
        None,
        description="units that take part in the loss: all; those of classes seen so far; those of the image's "
        "own episode; all, the others masked at -1000; default: own for task, else all",
        json_schema_extra=said(source="A.3: not stated"),
    )
    normalise: bool = Field(
        True,
        description="whether the input is normalised by the benchmark's mean and deviation, or in [0, 1]",
        json_schema_extra=said(source="A.3: not stated; A.1: [0, 1]"),
    )
    optimiser: Literal["kept", "new"] = Field(
        "kept",
        description="whether what an optimiser gathers (momentum, moments) is kept from episode to episode, or "
        "each begins with a new one; the schedule starts anew with each in any case",
        json_schema_extra=said(source="A.3: not stated"),
    )
    held_out: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of each episode's training images that is not learnt",
        json_schema_extra=said(source="A.3: not stated"),
    )
    counts: Literal["dataset", "episode"] = Field(
        "dataset",
        description="images by which a loss counts, for HEM's margin say: all of the data-set, or those that the "
        "episode learns, shared equally by its units; replayed ones never count",
        json_schema_extra=said(source="A.3: not stated"),
    )


class EncoderConfig(Model):
    """Weights that a network's encoder begins with: a file of yours in data/encoders/; nothing is downloaded."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$")] = Field(
        description="its name: safetensors, parameters as the encoder names them"
    )
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="of the file: another one is refused"
    )


class DenseConfig(Model):
    """Segmentation: what goes for a data-set with a label for each pixel."""

    class_count_unit: Literal["pixel", "pixel_per_image", "image"] = Field(
        "image",
        description="what a sample is where losses count those of each class (LA, HEM, HEM+): a pixel; a pixel, "
        "divided by the number of images; an image that shows the class",
        json_schema_extra=said(source="5.4: not stated (docs/decisions.md)"),
    )
    encoder: EncoderConfig | None = Field(
        None,
        description="weights that the network's encoder begins with; null: drawn at random",
        json_schema_extra=said(source="A.4: not stated; section 5: random weights"),
    )
    normalise: bool = Field(
        False,
        description="whether the input is normalised by ImageNet's mean and deviation, as encoders trained on it "
        "expect, or in [0, 1]",
        json_schema_extra=said(source="A.4: not stated; A.1: [0, 1]"),
    )
    batch_size: int = Field(
        8,
        gt=0,
        description="images predicted together; other sizes change bits, so it is in the key",
        json_schema_extra=said("images", "ours"),
    )
