"""Raw data before anything is submitted: a run fetches what it can, and names at once what it can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project

UNREACHABLE = {
    "kmnist": '"http://codh.rois.ac.jp/kmnist/dataset/kmnist/",',
    "omniglot": '"https://github.com/brendenlake/omniglot/raw/master/python/",\n'
    '    "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/",',
}


def test_what_can_not_be_had_is_listed_before_anything_is_submitted(tiny: Project) -> None:
    tiny.edit("config/tiny.yaml", "ood: [uniform]", "ood: [uniform, kmnist, omniglot]")
    for name, mirrors in UNREACHABLE.items():
        tiny.edit(f"src/hembench/datasets/{name}.py", mirrors, '"http://127.0.0.1:9/",')
    assert "prepare/digits-ood-kmnist" in {path.rpartition("/")[0] for path in tiny.dry_run()}, "asks for no data"
    plan = tiny.hembench("plan", "tiny").stdout
    assert "to fetch first" in plan
    assert "digits, kmnist, omniglot (hembench data list)" in plan

    run = tiny.snakemake(check=False)
    assert run.returncode != 0
    said = run.stdout + run.stderr
    for file in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "images_evaluation.zip"):
        assert f"http://127.0.0.1:9/{file} (no connection)" in said
    assert "hembench data fetch omniglot --from FOLDER" in said
    assert "Traceback" not in said
    assert not list(tiny.results.glob("*/*/*/done")), "nothing was made"
    assert (tiny.root / "data" / "digits" / "digits.csv.gz").is_file(), "what could be had was fetched"


def test_data_that_nothing_missing_needs_are_not_asked_for(tiny: Project) -> None:
    tiny.edit("config/tiny.yaml", "ood: [uniform]", "ood: [uniform, kmnist]")
    tiny.pretend()
    assert "to fetch first" not in tiny.hembench("plan", "tiny").stdout
    (stamp,) = (tiny.root / "reports" / "tiny" / ".published").iterdir()
    assert tiny.snakemake().returncode == 0
    assert stamp.exists()
    assert not (tiny.root / "data").exists()
