from __future__ import annotations

import pytest

from hembench.core.errors import ConfigError
from hembench.plan.jobs import LOCAL_STAGES
from hembench.plan.resources import NAMES, TABLE, Need, Site, need, resources

SMALL = Need("train", "*", 30, 4000, 4, 1.0, "estimate")
LARGE = Need("train", "*", 240, 16000, 1, 1.0, "estimate", cpus=2)
CPU = Need("prepare", "*", 10, 2000, 0, 1.0, "estimate")
FULL = Site(partition="cpu", gpu_partition="gpu", gpu_model="a100", shards=8, extra="--qos=high")


@pytest.mark.parametrize("site", [Site(), FULL], ids=["bare", "full"])
def test_cpu_work_asks_for_nothing_of_a_gpu(site: Site) -> None:
    for stage, cell in (("prepare", "mnist-test"), ("prepare", "other"), ("train", "digits-mlp_small-ce-s0")):
        asked = resources(need(stage, cell), 1, site)
        others = asked.keys() - {"slurm_partition", "slurm_extra"}
        assert others == {"runtime", "mem_mb", "cpus_per_task"}, "a GPU's type alone would be a wish for one"
        assert asked.get("slurm_partition", "") == site.partition


def test_time_and_memory_grow_with_each_attempt_up_to_the_site_s_limits() -> None:
    asked = [resources(LARGE, attempt, Site(max_minutes=600, max_memory_mb=40000)) for attempt in (1, 2, 3)]
    assert [one["runtime"] for one in asked] == [240, 480, 600]
    assert [one["mem_mb"] for one in asked] == [16000, 32000, 40000]
    assert resources(LARGE, 9, Site())["runtime"] == 9 * 240, "no limit is no limit"


def test_without_a_limit_of_the_site_memory_doubles_at_most() -> None:
    asked = [resources(LARGE, attempt, Site(), processes=2)["mem_mb"] for attempt in (1, 2, 3, 9)]
    assert asked == [32000, 64000, 64000, 64000]
    assert resources(LARGE, 3, Site(max_memory_mb=60000))["mem_mb"] == 48000, "with one it may grow up to that"


def test_small_jobs_share_a_gpu_where_the_site_has_shards() -> None:
    assert resources(SMALL, 1, FULL)["gres"] == "shard:2", "4 jobs on a GPU of 8 parts"
    assert resources(SMALL, 1, Site(shards=4))["gres"] == "shard:1"
    assert resources(SMALL, 1, Site(shards=2))["gres"] == "shard:1", "a part is the least"
    assert not resources(SMALL, 1, FULL).keys() & {"gpu", "gpu_model"}, "a shard and a GPU are two wishes"
    assert resources(SMALL, 1, Site())["gpu"] == 1


def test_a_large_job_takes_a_whole_gpu_of_one_node() -> None:
    asked = resources(LARGE, 1, FULL)
    assert {name: asked[name] for name in ("gpu", "gpu_model", "nodes", "slurm_partition", "cpus_per_task")} == {
        "gpu": 1,
        "gpu_model": "a100",
        "nodes": 1,
        "slurm_partition": "gpu",
        "cpus_per_task": 2,
    }
    assert "gres" not in asked
    assert resources(LARGE, 1, Site(partition="all"))["slurm_partition"] == "all"


def test_a_job_of_several_processes_takes_a_gpu_cores_and_memory_for_each_on_one_node() -> None:
    asked = resources(LARGE, 1, FULL, processes=4)
    assert (asked["gpu"], asked["nodes"], asked["cpus_per_task"], asked["mem_mb"]) == (4, 1, 8, 64000)
    assert "tasks" not in asked, "one command starts them all"
    small = resources(SMALL, 1, FULL, processes=2)
    assert small["gpu"] == 2
    assert "gres" not in small, "parts may lie on one GPU"
    assert "gpu" not in resources(CPU, 1, FULL, processes=2)


def test_the_first_row_that_fits_counts_and_every_job_finds_one() -> None:
    assert need("train", "mnist-convnet-hem-s0").minutes > need("train", "mnist-lenet-hem-s0").minutes
    assert need("train", "cifar10-resnet32-hem-s0").share == 1
    assert need("predict", "mnist-lenet-hem-s0-main").share > 1
    for stage in LOCAL_STAGES:
        assert need(stage, "whatever").share == 0
    for row in TABLE:
        first = next(one for one in TABLE if need(row.stage, row.cells.replace("*", "")) is one)
        assert first.stage in (row.stage, "*"), "a row that nothing reaches"


def test_each_row_says_whether_it_was_measured() -> None:
    assert all(row.source.startswith(("measured: ", "estimate")) for row in TABLE)


def test_every_name_that_is_asked_for_is_one_that_the_rules_hand_over() -> None:
    rows = (SMALL, LARGE, CPU)
    assert {name for row in rows for site in (Site(), FULL) for name in resources(row, 1, site)} == set(NAMES)
    assert "gpus" not in NAMES


def test_a_profile_s_keys_become_a_site() -> None:
    profile = {
        "slurm_account": "x",
        "slurm_cluster": "y",
        "slurm_partition": "cpu",
        "mem_mb": 2000,
        "site_gpu_model": "'a100'",
        "site_shards": 4,
        "site_max_minutes": "1440",
        "site_scratch": "/scratch/$USER",
    }
    site = Site(partition="cpu", gpu_model="a100", shards=4, max_minutes=1440, scratch="/scratch/$USER")
    assert Site.of(profile) == site


@pytest.mark.parametrize("given", ["--exclude=n1", "'--exclude=n1'", '"--exclude=n1"'])
def test_a_job_waits_for_another_one_in_the_queue_and_keeps_the_profile_s_options(given: str) -> None:
    site = Site.of({"slurm_extra": given})
    assert resources(LARGE, 1, site)["slurm_extra"] == "--exclude=n1"
    assert resources(LARGE, 1, site, after="7")["slurm_extra"] == "--exclude=n1 --dependency=afterany:7"
    assert resources(LARGE, 1, Site(), after="7")["slurm_extra"] == "--dependency=afterany:7"
    assert "slurm_extra" not in resources(LARGE, 1, Site())
    assert Site.of({"slurm_extra": "--comment='a b'"}).extra == "--comment='a b'"


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"site_gpu_modl": "a100"}, "no key site_gpu_modl. Did you mean 'site_gpu_model'"),
        ({"slurm_acount": "x"}, "no key slurm_acount. Did you mean 'slurm_account'"),
        ({"slurm_partitions": "x"}, "no key slurm_partitions. Did you mean 'slurm_partition'"),
        ({"site_shards": "four"}, "site_shards is 'four': give a whole number"),
        ({"gpu_model": "a100"}, "gpu_model would be asked for by every job"),
        ({"gpus": 1}, "gpus would be asked for by every job"),
    ],
)
def test_a_profile_that_would_go_wrong_is_refused(profile: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Site.of(profile)
