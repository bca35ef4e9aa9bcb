"""Prices: of like results, of near ones in proportion, of the table; the last two are marked as estimates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.core.plugins import PACKAGE
from hembench.plan.build import build
from hembench.plan.cost import Measured, price, price_by_stage, work
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Job, Plan
from hembench.plan.resources import need
from hembench.plan.study import read

CONFIG = Path(__file__).parents[2] / "config"


def options(network: str = "lenet", epochs: int = 20, **others: Any) -> dict[str, Any]:
    named = {"network": {"name": network, "options": {}}, "image_shape": [1, 28, 28], "num_classes": 10}
    return {"seed": 0, "recipe": {"epochs": epochs}, **named, **others}


def job(stage: str, cell: str, sets: int = 1, **given: Any) -> Job:
    inputs = {f"set{n}": f"prepare/{n}" for n in range(sets)} | {"network": "train/x"}
    return Job(stage, cell, stage, options(**given), {}, inputs, {})


def manifest(
    stage: str, cell: str, seconds: float, device: str = "cpu", size: int = 1000, sets: int = 1, **given: Any
) -> dict[str, Any]:
    return {
        "stage": stage,
        "cell": cell,
        "ingredients": {"options": options(**given)},
        "inputs": {str(n): "" for n in range(sets + 1)},
        "run": {"wall_seconds": 3 * seconds, "cpu_seconds": seconds, "peak_memory_bytes": 7},
        "environment": {"device": device},
        "files": {"file": {"size": size}},
    }


def measured(*manifests: dict[str, Any]) -> list[Measured]:
    return [result for m in manifests if (result := Measured.of(m)) is not None]


def test_the_price_is_the_median_cpu_time_of_like_results_of_any_seed() -> None:
    known = measured(*(manifest("train", "mnist-lenet-hem-s0", s, seed=s) for s in (100, 3600, 9000)))
    cost = price([job("train", "mnist-lenet-ce-s8", seed=8), job("train", "mnist-lenet-ce-s9", seed=9)], known)
    assert (cost.cpu_hours, cost.gpu_hours, cost.bytes, cost.estimated_jobs, cost.memory) == (2.0, 0.0, 2000, 0, 7)


def test_several_processes_take_the_time_of_all() -> None:
    one = manifest("train", "mnist-lenet-ce-s1", 1200, "cuda")
    one["run"]["processes"] = 4
    cost = price([job("train", "mnist-lenet-ce-s8")], measured(one))
    assert cost.gpu_hours == 4.0


def test_gpu_hours_are_counted_apart_and_on_the_wall() -> None:
    cost = price(
        [job("train", "mnist-lenet-ce-s8")], measured(manifest("train", "mnist-lenet-ce-s1", 1200, "cuda"))
    )
    assert (cost.cpu_hours, cost.gpu_hours) == (0.0, 1.0)


def test_a_result_of_another_data_set_prices_nothing() -> None:
    """Digits take two seconds, MNIST a minute: the one says nothing of the other."""
    of_digits = measured(manifest("train", "digits-lenet-ce-s0", 2.0, epochs=20))
    mnist = job("train", "mnist-lenet-ce-s0", epochs=20)
    assert price([mnist], of_digits) == price([mnist], [])
    of_tail = measured(manifest("train", "digits_lt10-lenet-ce-s0", 2.0))
    digits = job("train", "digits-lenet-ce-s0")
    assert price([digits], of_tail).estimated_jobs == 1


def test_a_result_of_another_network_prices_nothing() -> None:
    convnet = job("train", "mnist-convnet-ce-s0", network="convnet")
    assert price([convnet], measured(manifest("train", "mnist-lenet-ce-s0", 1.0))) == price([convnet], [])


def test_near_results_price_in_proportion_to_passes_and_images_and_count_as_estimates() -> None:
    trained = measured(manifest("train", "mnist-lenet-ce-s0", 36.0, epochs=1))
    cost = price([job("train", "mnist-lenet-ce-s0", epochs=50)], trained)
    assert (round(cost.cpu_hours, 6), cost.bytes, cost.estimated_jobs) == (0.5, 1000, 1)
    at = {"attack": {"name": "autoattack_paper", "options": {}}, "norm": "L2"}
    attacked = measured(manifest("attack", "mnist-lenet-ce-s0-a-L2", 72.0, images=100, **at))
    cost = price([job("attack", "mnist-lenet-ce-s0-a-L2", images=1000, **at)], attacked)
    assert (round(cost.cpu_hours, 6), cost.bytes, cost.estimated_jobs) == (0.2, 10_000, 1)
    other_norm = job("attack", "mnist-lenet-ce-s0-a-Linf", images=1000, **at | {"norm": "Linf"})
    assert price([other_norm], attacked) == price([other_norm], [])
    predicted = measured(manifest("predict", "mnist-lenet-ce-s0-main", 36.0, sets=2, batch_size=1))
    assert round(price([job("predict", "mnist-lenet-ce-s0-main", sets=4)], predicted).cpu_hours, 6) == 0.02


def test_without_measurements_the_price_is_the_table_s_and_marked_as_an_estimate() -> None:
    cost = price([job("train", "mnist-lenet-ce-s0")], [])
    assert cost.estimated_jobs == 1
    assert "1 of them estimated" in cost.words()
    assert cost.memory == need("train", "mnist-lenet-ce-s0").memory_mb * 1_000_000


def test_an_adopted_result_says_nothing_about_time() -> None:
    assert Measured.of(manifest("train", "mnist-lenet-ce-s0", 5) | {"adoption": {"because": "renamed"}}) is None


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    fingerprinter = Fingerprinter(PACKAGE)
    studies = {path.stem: read(path) for path in CONFIG.glob("*.yaml")}
    return {name: build(study, CONFIG / "recipes", fingerprinter) for name, study in studies.items()}


@pytest.mark.parametrize(
    ("study", "stage", "cell", "seconds"),
    [
        ("mnist", "train", "mnist-lenet-hem-s0", 80),
        ("mnist", "train", "mnist-mlp-hem-s0", 25),
        ("mnist", "train", "mnist-convnet-hem-s0", 400),
        ("mnist", "predict", "mnist-lenet-hem-s0-main", 17),
        ("mnist", "attack", "mnist-lenet-hem-s0-autoattack_paper-L2", 81),
        ("demo", "train", "digits-convnet_small-hem-s0", 3),
        ("demo", "train", "digits_lt10-mlp_small-hem-s0", 1.1),
    ],
)
def test_the_table_is_within_a_factor_of_three_of_what_was_measured(
    study: str, stage: str, cell: str, seconds: float, plans: dict[str, Plan]
) -> None:
    """CPU-seconds of manifests of real runs, on one core of a server's CPU."""
    cost = price([plans[study].find(stage, cell)], [])
    assert seconds / 3 < 3600 * cost.cpu_hours < 3 * seconds


def test_weights_are_priced_by_the_network(plans: dict[str, Plan]) -> None:
    """Parameters of the paper's networks (its Table 2; ResNet18's are those of 100 classes), four bytes each."""
    counts = {
        **{"lenet": 20_192, "convnet": 30_954, "mlp": 239_410, "resnet32": 464_154, "mobilenet_small": 1_528_106},
        **{"wrn22_10": 26_797_914, "mobilenet_large": 4_330_132, "resnet18": 11_220_132, "parn18": 11_218_340},
        **{"inception": 23_851_600, "wrn28_10": 36_600_984, "resnet50": 25_557_032, "swin_t": 28_351_570},
        "vit_b_16": 86_567_656,
    }
    for job in plans["paper"].of_stage("train"):
        network = job.cell.split("-")[1]
        size = price([job], []).bytes
        assert size < 1e6 if counts[network] < 1e5 else counts[network] < size / 4 * 1.1 < 4 * counts[network]


def test_the_demo_is_priced_as_the_minutes_that_it_takes(plans: dict[str, Plan]) -> None:
    cost = price(plans["demo"].jobs.values(), [])
    assert 5 / 3 < 60 * cost.cpu_hours < 15
    assert cost.gpu_hours == 0
    assert cost.estimated_jobs == cost.jobs == len(plans["demo"].jobs)


def test_stages_add_up_to_the_whole(plans: dict[str, Plan]) -> None:
    stages = price_by_stage(plans["demo"].jobs.values(), [])
    whole = price(plans["demo"].jobs.values(), [])
    assert list(stages) == list(dict.fromkeys(j.stage for j in plans["demo"].jobs.values()))
    assert sum(cost.jobs for cost in stages.values()) == whole.jobs
    assert sum(cost.cpu_hours for cost in stages.values()) == pytest.approx(whole.cpu_hours)
    assert max(cost.memory for cost in stages.values()) == whole.memory


def test_no_job_s_time_limit_is_near_its_price(plans: dict[str, Plan]) -> None:
    """One table says both: a limit of less than twice the price would stop ordinary jobs."""
    for plan in plans.values():
        for one in plan.jobs.values():
            cost = price([one], [])
            assert need(one.stage, one.cell).minutes > 2 * 60 * (cost.cpu_hours + cost.gpu_hours), one.path


def test_work_is_images_times_passes(plans: dict[str, Plan]) -> None:
    recipe = yaml.safe_load((CONFIG / "recipes" / "mnist.yaml").read_text(encoding="utf-8"))
    assert work(plans["mnist"].find("train", "mnist-lenet-hem-s0")) == 60_000 * recipe["epochs"]
    assert work(plans["mnist"].find("attack", "mnist-lenet-hem-s0-autoattack_paper-L2")) == 1000
    assert work(plans["demo"].find("train", "digits_lt10-mlp_small-hem-s0")) == 1442 * 30
