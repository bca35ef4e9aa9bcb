"""What is measured on a trained network: the section ``evaluate:`` of a study, and each of ``evaluations:``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hembench.plan._model import Label, Model, said


class GroupConfig(Model):
    """An evaluation group: sets that one job predicts together."""

    clean: bool = Field(True, description="predict the clean test set (metrics need it in one group)")
    ood: list[Label] = Field(
        default_factory=list,
        description="OOD sets (the paper: unknown classes): generators, other data-sets (their test images, "
        "brought to the networks' input), or labels of `ood:`",
    )
    corruptions: list[Label] = Field(
        default_factory=list, description="corruptions: names, names of sets of them, or labels of `corruptions:`"
    )
    images: int | None = Field(
        None,
        gt=0,
        description="predict so many images of each set, for trials; default: all",
        json_schema_extra=said("images", "ours"),
    )


class AttackConfig(BaseModel):
    """An attack with its norm and budget; further keys are options of the attack's file."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)

    attack: Label = Field(description="an attack's name (src/hembench/attacks/)")
    norm: Literal["Linf", "L2"] = Field(
        description="norm of the perturbation", json_schema_extra=said(source="section 5: both")
    )
    eps: float = Field(
        gt=0,
        description="largest distance in that norm",
        json_schema_extra=said("pixel values in [0, 1]", "section 5: 8/255 and 0.5; MNIST 0.3 and 2"),
    )
    images: int = Field(
        gt=0,
        description="attacked test images: a subset that depends on the data-set alone",
        json_schema_extra=said("images", "section 5: 10,000"),
    )
    shard: int = Field(
        100,
        gt=0,
        description="images attacked together; other sizes change bits, so it is in the key",
        json_schema_extra=said("images", "ours"),
    )
    label: Label | None = Field(None, description="name in tables and paths; default: the attack's name")


class EvaluateConfig(Model):
    """What is measured on each trained network."""

    predict: dict[Label, GroupConfig] = Field(
        default_factory=lambda: {"main": GroupConfig.model_validate({})}, description="evaluation groups by name"
    )
    ood_images: int = Field(
        10_000,
        gt=0,
        description="size of each synthetic OOD set",
        json_schema_extra=said("images", "section 5: 10,000"),
    )
    severities: list[Annotated[int, Field(ge=1)]] | None = Field(
        None,
        min_length=1,
        description="severities of the corruptions; default: all that the corruption has",
        json_schema_extra=said(source="section 5: all"),
    )
    batch_size: int = Field(
        500,
        gt=0,
        description="images predicted together; other sizes change bits, so it is in the key",
        json_schema_extra=said("images", "ours"),
    )
    attacks: list[AttackConfig] = Field(default_factory=list, description="attacks; none by default")
    scores: list[Label] = Field(
        default_factory=lambda: ["msp", "log_msp", "mls", "entropy", "energy"],
        description="confidence scores",
        json_schema_extra=said(source="section 5: msp and mls; the others are ours"),
    )
    metrics: list[Label] = Field(
        default_factory=lambda: ["accuracy", "auroc", "fpr95", "dar", "ece", "saturation"],
        description="metrics",
        json_schema_extra=said(source="section 5: accuracy, auroc, dar; the others are ours"),
    )
