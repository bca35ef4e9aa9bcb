"""OOD sets that are data-sets, and sets of corruptions: what the plan makes of their names."""

from __future__ import annotations

from typing import Any

import pytest

from hembench.core import plugins
from hembench.core.errors import ConfigError
from hembench.core.plugins import PACKAGE
from hembench.plan.build import build
from hembench.plan.build_sets import images_in
from hembench.plan.cells import conditions_of
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Plan
from hembench.plan.study import parse
from hembench.plan.written import written_out
from hembench.stages.driver import LONG

RECIPES = PACKAGE.parents[1] / "config" / "recipes"
FINGERPRINTER = Fingerprinter(PACKAGE)


def study(**group: Any) -> dict[str, Any]:
    return {
        "study": "small",
        "seeds": [0],
        "conditions": [{"dataset": "digits", "network": "mlp"}],
        "losses": {"ce": {}},
        "evaluate": {"predict": {"main": group}},
    }


def plan_of(config: dict[str, Any]) -> Plan:
    return build(parse(config), RECIPES, FINGERPRINTER)


def test_a_data_set_as_ood_set_is_fetched_and_prepared_for_itself() -> None:
    plan = plan_of(study(ood=["kmnist", "uniform"]))
    assert {job.cell for job in plan.of_stage("fetch")} == {"digits", "kmnist"}
    adapted = plan.find("prepare", "digits-ood-kmnist")
    assert adapted.file == "prepare_ood_natural"
    assert adapted.options == {
        "dataset": "digits",
        "ood": {"name": "kmnist", "options": {"invert": False}},
        "image_shape": [1, 8, 8],
    }
    source = plan.jobs[adapted.inputs["natural"]]
    assert (source.cell, source.plugins["read"]) == ("kmnist-test", ("datasets", "kmnist", "test"))
    assert plan.jobs[source.inputs["raw"]].ingredients["data"]["files"]
    [prediction] = plan.of_stage("predict")
    assert prediction.inputs["ood.kmnist"] == adapted.path


def test_a_natural_set_does_not_depend_on_the_size_of_the_made_ones() -> None:
    config = study(ood=["kmnist", "uniform"])
    before = plan_of(config)
    config["evaluate"]["ood_images"] = 7
    after = plan_of(config)
    for name, same in (("digits-ood-kmnist", True), ("digits-ood-uniform", False)):
        assert (before.find("prepare", name).path == after.find("prepare", name).path) is same


def test_a_label_can_turn_black_and_white() -> None:
    config = study(ood=["turned"]) | {"ood": {"turned": {"ood": "omniglot_background_small", "invert": True}}}
    job = plan_of(config).find("prepare", "digits-ood-turned")
    assert job.options["ood"] == {"name": "omniglot_background_small", "options": {"invert": True}}


def test_report_names_the_source_of_every_data_set() -> None:
    [report] = plan_of(study(ood=["kmnist"])).of_stage("report")
    assert set(report.options["data"]) == {"digits", "kmnist"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (study(ood=["kmnits"]), "'kmnits' is unknown.*kmnist"),
        (study(ood=["digits"]), "'digits' can't be an OOD set for networks that are trained on it"),
        (
            study(ood=["turned"]) | {"ood": {"turned": {"ood": "kmnist", "inverted": True}}},
            "data-set 'kmnist' as OOD set.*no option 'inverted'.*invert",
        ),
        (
            study() | {"conditions": [{"dataset": "kmnist", "network": "mlp", "recipe": "digits"}]},
            "conditions \\(item 1\\): data-set 'kmnist' has no training part",
        ),
    ],
)
def test_wrong_names_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_of(config)


def test_the_study_written_out_names_the_options() -> None:
    parsed = parse(study(ood=["kmnist"]))
    assert written_out(parsed, conditions_of(parsed, RECIPES))["ood"] == {
        "kmnist": {"ood": "kmnist", "invert": False}
    }


def corruptions(plan: Plan) -> set[str]:
    [prediction] = plan.of_stage("predict")
    return {role.removeprefix("corruption.") for role in prediction.inputs if role.startswith("corruption.")}


def test_a_set_of_corruptions_stands_for_its_members() -> None:
    plan = plan_of(study(corruptions=["noise", "mnist_c_ours"]))
    found = corruptions(plan)
    assert len(found) == 16
    assert {"noise", "mnist_c_ours_fog", "mnist_c_ours_canny_edges"} <= found
    fog = plan.find("prepare", "digits-corruption-mnist_c_ours_fog")
    assert fog.plugins == {"corrupt": ("corruptions", "mnist_c_ours_fog", "corrupt")}
    assert fog.options["severities"] == [1]
    alone = plan_of(study(corruptions=["mnist_c_ours_fog"]))
    assert fog.path in alone.jobs


def test_a_member_listed_beside_its_set_counts_once() -> None:
    config = study(corruptions=["mnist_c_ours", "mnist_c_ours_fog"])
    assert len(corruptions(plan_of(config))) == 15
    assert set(plan_of(config).jobs) == set(plan_of(study(corruptions=["mnist_c_ours"])).jobs)


@pytest.mark.parametrize("listed", ["mnist_c_ours", "mnist_c_ours_fog"])
def test_a_set_under_the_name_of_one_of_its_members_is_refused(listed: str) -> None:
    own = {"corruptions": {"mnist_c_ours_fog": {"corruption": "mnist_c_ours"}}}
    with pytest.raises(ConfigError, match=r"'mnist_c_ours_fog' .* stands here for the set 'mnist_c_ours'"):
        plan_of(study(corruptions=[listed]) | own)


def mnist(**group: Any) -> dict[str, Any]:
    return study(**group) | {"conditions": [{"dataset": "mnist", "network": "mlp"}]}


MEMBERS = plugins.constants("corruptions", "mnist_c")["MEMBERS"]


def part(**options: Any) -> dict[str, Any]:
    return mnist(corruptions=["part"]) | {"corruptions": {"part": {"corruption": "mnist_c", **options}}}


def test_a_label_leaves_members_of_a_set_out() -> None:
    whole = corruptions(plan_of(mnist(corruptions=["mnist_c"])))
    assert corruptions(plan_of(part(without=["fog", "stripe"]))) == whole - {"mnist_c_fog", "mnist_c_stripe"}


def test_a_part_beside_its_set_predicts_nothing_more_and_is_told_to_the_table() -> None:
    config = part(without=["fog"])
    config["evaluate"]["predict"]["main"]["corruptions"] = ["mnist_c", "part"]
    plan, alone = plan_of(config), plan_of(mnist(corruptions=["mnist_c"]))
    more = {job.cell for path, job in plan.jobs.items() if path not in alone.jobs}
    assert more == {"small", "small-corruptions"}, "the report and the table"
    options = plan.find("table", "small-corruptions").options["parts"]["mnist-mlp"]
    assert (len(options["mnist_c"]), len(options["part"])) == (15, 14)


def test_a_published_set_is_fetched_once_and_read_for_each_member() -> None:
    plan = plan_of(mnist(corruptions=["mnist_c"]))
    assert len(corruptions(plan)) == 15
    fog = plan.find("prepare", "mnist-corruption-mnist_c_fog")
    assert fog.file == "prepare_corruption_published"
    assert fog.options == {"dataset": "mnist_c", "member": "fog", "severities": [1]}
    assert fog.plugins == {"read": ("corruptions", "mnist_c", "read")}
    raw = plan.jobs[fog.inputs["raw"]]
    assert (raw.cell, raw.plugins) == ("mnist_c", {"fetch": ("corruptions", "mnist_c", "fetch")})
    assert list(raw.ingredients["data"]["files"]) == ["mnist_c.zip"]
    assert fog.inputs["test"] == plan.find("prepare", "mnist-test").path
    [report] = plan.of_stage("report")
    assert report.options["data"]["mnist_c"]["complete"] is True


def test_ours_and_the_published_ones_never_share_a_name() -> None:
    found = corruptions(plan_of(mnist(corruptions=["mnist_c", "mnist_c_ours"])))
    assert len(found) == 30


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (mnist(corruptions=["mnist_c_our"]), "Did you mean 'mnist_c_ours'"),
        (mnist(corruptions=["mnist_c_fgo"]), "Did you mean 'mnist_c_fog'"),
        (study(corruptions=["mnist_c"]), "'mnist_c' holds corrupted test images of 'mnist', not of 'digits'"),
        (
            part(without=["fgo"]),
            "corruptions.part.without: 'fgo' is no member of 'mnist_c'. Did you mean 'fog'",
        ),
        (part(without="fog"), "corruptions.part.without: expected a list of members of 'mnist_c', got \"fog\""),
        (part(whithout=["fog"]), "has no option 'whithout', only 'without'"),
        (part(without=list(MEMBERS)), "leaves nothing of 'mnist_c'"),
        (
            mnist(corruptions=["thick"]) | {"corruptions": {"thick": {"corruption": "mnist_c_fog", "more": 1}}},
            "'mnist_c_fog' is published: it has no option more",
        ),
    ],
)
def test_wrong_corruptions_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_of(config)


def test_severities_are_checked_for_published_sets_too() -> None:
    config = mnist(corruptions=["mnist_c"])
    config["evaluate"]["severities"] = [2]
    with pytest.raises(ConfigError, match="no severity 2"):
        plan_of(config)


def test_the_study_written_out_names_the_members() -> None:
    parsed = parse(mnist(corruptions=["mnist_c"]))
    document = written_out(parsed, conditions_of(parsed, RECIPES))
    assert document["evaluate"]["predict"]["main"]["corruptions"][0] == "mnist_c_shot_noise"
    assert document["evaluate"]["severities"] is None, "all"
    assert document["corruptions"]["mnist_c_fog"] == {"corruption": "mnist_c_fog"}


def large(dataset: str, **group: Any) -> dict[str, Any]:
    return study(**group) | {"conditions": [{"dataset": dataset, "network": "mlp", "recipe": "imagenet1k"}]}


def test_large_sets_and_what_is_made_of_them_are_in_shards() -> None:
    plan = plan_of(
        large("imagenet1k", ood=["inaturalist2021", "textures", "uniform"], corruptions=["imagenet_c_fog"])
    )
    files = {job.cell: job.file for job in plan.of_stage("prepare")}
    assert files == {
        "imagenet1k-train": "prepare_shards",
        "imagenet1k-test": "prepare_shards",
        "inaturalist2021-test": "prepare_shards",
        "imagenet1k-ood-inaturalist2021": "prepare_ood_natural_shards",
        "textures-test": "prepare",
        "imagenet1k-ood-textures": "prepare_ood_natural",
        "imagenet1k-ood-uniform": "prepare_ood",
        "imagenet1k-corruption-imagenet_c_fog": "prepare_corruption_published_shards",
    }
    for job in plan.of_stage("prepare"):
        assert job.options.get("per_shard") == (512 if job.file.endswith("_shards") else None)
        assert (job.file in LONG) is job.file.endswith("_shards"), "a job that may be killed after hours goes on"
    sizes = {
        cell: plan.find("prepare", cell).options["images"] for cell in ("imagenet1k-train", "imagenet1k-test")
    }
    assert sizes == {"imagenet1k-train": 1_281_167, "imagenet1k-test": 50_000}


def test_a_made_corruption_of_a_large_set_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'imagenet1k' fits no memory.*Name a published one"):
        plan_of(large("imagenet1k", corruptions=["noise"]))


def test_where_logits_would_take_more_than_a_gigabyte_labels_and_scores_are_kept() -> None:
    config = large("imagenet1k")
    config["evaluate"]["predict"] = {
        "made": {"clean": True, "ood": ["uniform", "inaturalist2021", "textures"]},
        "few": {"clean": False, "corruptions": ["imagenet_c_fog"]},
        "many": {"clean": False, "corruptions": ["imagenet_c_fog", "imagenet_c_snow"]},
    }
    config["evaluate"]["scores"] = ["msp", "mls"]
    plan = plan_of(config)
    images = {job.cell: images_in(job) for job in plan.of_stage("prepare") if not job.cell.endswith("-train")}
    assert images == {
        "imagenet1k-test": 50_000,
        "imagenet1k-ood-uniform": 10_000,
        "inaturalist2021-test": 100_000,
        "imagenet1k-ood-inaturalist2021": 100_000,
        "textures-test": 1_880,
        "imagenet1k-ood-textures": 1_880,
        "imagenet1k-corruption-imagenet_c_fog": 250_000,
        "imagenet1k-corruption-imagenet_c_snow": 250_000,
    }
    files = {job.cell.rpartition("-")[2]: job for job in plan.of_stage("predict")}
    assert {name: job.file for name, job in files.items()} == {
        "made": "predict",
        "few": "predict",  # 1,000,000,000 bytes
        "many": "predict_scores",
    }
    assert images_in(plan.find("prepare", "imagenet1k-corruption-imagenet_c_fog"), 100) == 500
    assert images_in(plan.find("prepare", "imagenet1k-ood-uniform"), 100_000) == 10_000
    assert files["many"].options["scores"] == ["mls", "msp"]
    assert files["many"].plugins["score.msp"] == ("scores", "msp", "msp")
    assert "scores" not in files["few"].options, "other scores need no other prediction where logits are kept"
    assert files["many"].file in LONG
