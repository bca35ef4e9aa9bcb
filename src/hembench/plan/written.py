"""A study written out for people: every default and every recipe filled in."""

from __future__ import annotations

from typing import Any

from hembench.plan import sets
from hembench.plan.cells import Condition, used_labels, variant_order
from hembench.plan.evaluate import AttackConfig, EvaluateConfig
from hembench.plan.plugged import attack_plugin, corruptions_of, filled
from hembench.plan.study import LABELLED, StudyConfig, resolve


def written_out(study: StudyConfig, conditions: list[Condition]) -> dict[str, Any]:
    """Return the study as JSON-able values with every default and every recipe filled in, for people to read.

    Studies that mean the same give the same value, whichever defaults they write out.

    Args:
        study: the validated study.
        conditions: what :func:`conditions_of` returns for it.
    """
    document = study.model_dump(exclude={"results", "data_root"})
    for config, condition in zip(document["conditions"], conditions, strict=True):
        config["recipe"] = condition.recipe
        if condition.continual:
            config["continual"] |= {
                "incremental": condition.continual.incremental,
                "units": condition.continual.units,
            }
        if condition.dense:
            unit, encoder = condition.dense.class_count_unit, condition.dense.encoder
            normalised, batch = condition.dense.normalise is not None, condition.dense.batch_size
            config["dense"] = {
                "class_count_unit": unit,
                "encoder": encoder,
                "normalise": normalised,
                "batch_size": batch,
            }
        config["losses"] = sorted({cell.variant for cell in condition.cells})
        config["seeds"] = sorted({cell.seed for cell in condition.cells})
    document |= {"title": study.title or study.study, "order": variant_order(study)}
    used = used_labels(study, conditions)
    for kind, key in LABELLED.items():
        plugins_of = {label: filled(study, kind, label, kind) for label in sorted(used[kind])}
        document[kind] = {label: {key: plugin.name, **plugin.options} for label, plugin in plugins_of.items()}
    document["recipes"] = {
        condition.recipe: _recipe_written_out(condition.recipe, conditions) for condition in conditions
    }
    if any(condition.evaluate is None for condition in study.conditions):
        document["evaluate"] = _evaluate_written_out(study, study.evaluate)
    else:
        del document["evaluate"]
    document["evaluations"] = {
        label: _evaluate_written_out(study, evaluate) for label, evaluate in study.evaluations.items()
    }
    return document


def _evaluate_written_out(study: StudyConfig, evaluate: EvaluateConfig) -> dict[str, Any]:
    """Return what is measured; severities are None where they are all that each of the corruptions has."""
    document = evaluate.model_dump()
    document["attacks"] = [_attack_written_out(attack) for attack in evaluate.attacks]
    corruptions = {name: corruptions_of(study, group) for name, group in evaluate.predict.items()}
    for name, each in corruptions.items():
        document["predict"][name]["corruptions"] = each
    labels = {label for each in corruptions.values() for label in each}
    known = [sets.severities(resolve(study, "corruptions", label)[0]) for label in labels]
    given = sorted(evaluate.severities or [])
    document["severities"] = None if all(given == sorted(each) for each in known) else given or None
    return document


def _recipe_written_out(name: str, conditions: list[Condition]) -> dict[str, Any]:
    """Return a recipe's settings; those of losses that have others under ``for_loss``."""
    settings = {
        cell.loss.name: cell.recipe
        for condition in conditions
        if condition.recipe == name
        for cell in condition.cells
    }
    values = list(settings.values())
    common = max(values, key=values.count)
    others = {loss: settings[loss] for loss in sorted(settings) if settings[loss] != common}
    return common | ({"for_loss": others} if others else {})


def _attack_written_out(attack: AttackConfig) -> dict[str, Any]:
    return attack.model_dump() | attack_plugin(attack).options | {"label": attack.label or attack.attack}
