from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hembench.stages import claims
from hembench.stages.api import Inputs
from hembench.stages.evaluate import HISTOGRAMS, HISTORIES, METRICS
from hembench.store.content import frame, read_json

NETWORKS = ("lenet", "mlp")


def metrics(network: str) -> pd.DataFrame:
    names = {"condition": f"mnist-{network}", "dataset": "mnist", "network": network, "recipe": "mnist"}
    measured = {"kind": "ood", "set": "blobs", "severity": 0, "metric": "auroc", "n": 500}
    rows = []
    for variant, loss, gain in (("ce", "ce", 0.0), ("hem", "hem", 0.05), ("hem_p05", "hem", -0.05)):
        for seed in range(3):
            cell = {**names, "variant": variant, "loss": loss, "seed": seed}
            value = 0.9 + gain + 0.001 * seed * (variant != "ce")
            rows += [{**cell, **measured, "score": score, "value": value} for score in ("msp", "log_msp")]
    return pd.DataFrame(rows, columns=METRICS)


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    folders = {}
    for network in NETWORKS:
        folder = folders[f"evaluate.mnist-{network}"] = tmp_path / network
        folder.mkdir()
        frame(metrics(network))(folder / "metrics.parquet")
        frame(pd.DataFrame([], columns=HISTORIES))(folder / "histories.parquet")
        frame(pd.DataFrame([], columns=HISTOGRAMS))(folder / "histograms.parquet")
    return Inputs(folders=folders)


def options(**given: Any) -> dict[str, Any]:
    facts = {"dataset": "mnist", "long_tailed": False, "complete": True, "training_images": 60_000}
    conditions = [
        {"name": f"mnist-{network}", "network": network, "of_paper": ["mnist", network], **facts}
        for network in NETWORKS
    ]
    losses = {"ce": "ce", "hem": "hem", "hem_p05": "hem"}
    variants = [{"label": label, "loss": loss, "options": {}} for label, loss in losses.items()]
    return {"study": "s", "margin": 1.0, "conditions": conditions, "variants": variants, **given}


def written(inputs: Inputs, options: dict[str, Any], folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    contents = claims.compute(inputs, options)
    assert sorted(contents) == ["claims.csv", "claims.json"]
    for name, content in contents.items():
        content(folder / name)
    return read_json(folder / "claims.json"), pd.read_csv(folder / "claims.csv")


def test_writes_a_verdict_for_each_claim_and_variant(inputs: Inputs, tmp_path: Path) -> None:
    document, rows = written(inputs, options(), tmp_path)
    assert (document["study"], document["margin"]) == ("s", 1.0)
    found = {(one["id"], one["variant"]): one for one in document["verdicts"]}
    assert found["S3", "hem"]["verdict"] == "supported"
    assert found["S3", "hem_p05"]["verdict"] == "contradicted"
    assert found["S4", "hem"]["verdict"] == "not measured"
    assert found["S3", "hem"]["parts"][0]["coverage"].startswith("2 of 15 standard conditions")
    assert not found["S3", "hem"]["flips"]
    table = rows[(rows["id"] == "S3") & (rows["variant"] == "hem")]
    assert table["mean"].tolist() == pytest.approx([5.1])
    assert set(rows["id"]) == {one["id"] for one in document["verdicts"]}


def test_the_margin_and_the_conditions_of_the_options_count(inputs: Inputs, tmp_path: Path) -> None:
    verdict = {}
    for margin in (1.0, 10.0):
        document, _ = written(inputs, options(margin=margin), tmp_path)
        found = {(one["id"], one["variant"]): one for one in document["verdicts"]}
        # HEM at least as good as CE on AUROC: 5 points below is much, or little
        parts = {part["quantity"]: part["verdict"] for part in found["X3", "hem_p05"]["parts"]}
        verdict[margin] = parts["auroc_msp"]
    assert verdict == {1.0: "contradicted", 10.0: "supported"}


def test_the_same_evidence_gives_the_same_bytes(inputs: Inputs, tmp_path: Path) -> None:
    written(inputs, options(), tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in ("claims.json", "claims.csv")}
    written(inputs, options(), tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
