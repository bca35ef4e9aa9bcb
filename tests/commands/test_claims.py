from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
import pytest

from hembench.commands import claims
from hembench.core.errors import ConfigError, StoreError
from hembench.stages.evaluate import HISTOGRAMS, HISTORIES, METRICS
from hembench.store import artefact
from hembench.store.content import frame

STUDY = """\
study: {name}
seeds: [0, 1, 2]
conditions: [{{dataset: mnist, network: {network}}}]
losses: {{ce: {{}}, hem: {{}}, dice: {{smooth: {smooth}}}}}
evaluate: {{scores: [msp]}}
tables: []
figures: []
"""


@pytest.fixture(autouse=True)
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HEMBENCH_RESULTS", str(tmp_path / "results"))
    return tmp_path / "results"


def study(folder: Path, name: str, network: str, smooth: float = 0.0) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(STUDY.format(name=name, network=network, smooth=smooth))
    recipes = folder / "recipes"
    if not recipes.exists():
        recipes.symlink_to(Path(__file__).resolve().parents[2] / "config" / "recipes")
    return str(path)


def evaluate(path: str, images: int = 500) -> None:
    """Publish made-up metrics of a study: HEM is five points of AUROC above CE."""
    loaded = claims._load(path).loaded
    (job,) = loaded.plan.of_stage("evaluate")
    network = str(job.options["network"])
    names = {"condition": job.cell, "dataset": "mnist", "network": network, "recipe": "mnist"}
    measured = {"kind": "ood", "set": "blobs", "severity": 0, "score": "msp", "metric": "auroc", "n": images}
    rows = [
        {
            **names,
            "variant": loss,
            "loss": loss,
            "seed": seed,
            **measured,
            "value": 0.9 + gain + 0.001 * seed * gain,
        }
        for loss, gain in (("ce", 0.0), ("hem", 0.05))
        for seed in range(3)
    ]
    contents = {
        "metrics.parquet": frame(pd.DataFrame(rows, columns=METRICS)),
        "histories.parquet": frame(pd.DataFrame([], columns=HISTORIES)),
        "histograms.parquet": frame(pd.DataFrame([], columns=HISTOGRAMS)),
    }
    manifest = {"stage": job.stage, "cell": job.cell, "key": job.key, "ingredients": job.ingredients}
    artefact.publish(loaded.results / job.path, contents, manifest)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    parser = argparse.ArgumentParser()
    claims.add_arguments(parser)
    assert claims.run(parser.parse_args(arguments)) == 0
    return capsys.readouterr().out


def test_says_what_is_supported_and_on_how_much_it_rests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = study(tmp_path, "one", "lenet")
    evaluate(one)
    said = call(capsys, one)
    assert "S3 (hem): SUPPORTED" in said
    assert "1 of 15 standard conditions (mnist: lenet), 3 seeds, 500 images" in said
    assert "nothing measured for: X1" in said


def test_several_studies_are_taken_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = study(tmp_path, "one", "lenet"), study(tmp_path, "two", "mlp")
    for path in (one, two):
        evaluate(path)
    document = json.loads(call(capsys, one, two, "--json"))
    assert document["studies"] == ["one", "two"]
    (found,) = [verdict for verdict in document["verdicts"] if verdict["id"] == "S3"]
    assert found["parts"][0]["conditions"] == 2
    assert found["parts"][0]["above"] == ["mnist-lenet", "mnist-mlp"]
    (twice,) = [v for v in json.loads(call(capsys, one, one, "--json"))["verdicts"] if v["id"] == "S3"]
    assert twice["parts"][0]["conditions"] == 1, "the same study twice is one"
    assert twice["parts"][0]["seeds"] == 3


def test_two_units_of_counting_are_one_network_also_in_two_studies(tmp_path: Path) -> None:
    files = []
    for unit in ("pixel", "image"):
        path = Path(study(tmp_path, unit, "fcn"))
        dense = f"network: fcn, recipe: digit_scenes, dense: {{class_count_unit: {unit}}}"
        text = path.read_text().replace("evaluate: {scores: [msp]}\n", "")
        path.write_text(text.replace("dataset: mnist, network: fcn", f"dataset: digit_scenes, {dense}"))
        files.append(str(path))
    alone = claims._together([claims._load(files[0])])
    assert [one["stands"] for one in alone["conditions"]] == [True]
    both = claims._together([claims._load(path) for path in files])
    assert [(one["unit"], one["stands"]) for one in both["conditions"]] == [("pixel", False), ("image", True)]


def test_a_study_that_is_half_done_is_judged_by_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = study(tmp_path, "one", "lenet"), study(tmp_path, "two", "mlp")
    evaluate(one)
    (found,) = [v for v in json.loads(call(capsys, one, two, "--json"))["verdicts"] if v["id"] == "S3"]
    assert found["parts"][0]["above"] == ["mnist-lenet"]


def test_other_numbers_for_the_same_network_are_refused(tmp_path: Path) -> None:
    one, two = study(tmp_path, "one", "lenet"), study(tmp_path, "two", "lenet")
    Path(two).write_text(Path(two).read_text().replace("scores: [msp]", "scores: [msp], batch_size: 100"))
    evaluate(one)
    evaluate(two, images=100)
    parser = argparse.ArgumentParser()
    claims.add_arguments(parser)
    with pytest.raises(ConfigError, match=r"other numbers for the same networks \(mnist-lenet\)"):
        claims.run(parser.parse_args([one, two]))


def test_nothing_evaluated_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    claims.add_arguments(parser)
    with pytest.raises(StoreError, match="snakemake metrics"):
        claims.run(parser.parse_args([study(tmp_path, "one", "lenet")]))


def test_a_label_with_two_meanings_is_refused(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    claims.add_arguments(parser)
    paths = [study(tmp_path, "one", "lenet"), study(tmp_path, "two", "mlp", smooth=1.0)]
    with pytest.raises(ConfigError, match="'dice' is not the same loss"):
        claims.run(parser.parse_args(paths))
