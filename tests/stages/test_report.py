from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hembench.stages import report
from hembench.stages.api import Inputs
from hembench.store.content import csv, frame, json_file, text

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1"><path id="a"/></svg>'


def metrics(condition: str, dataset: str, seeds: int, accuracy: float, saturation: float) -> pd.DataFrame:
    names = {"condition": condition, "dataset": dataset, "network": "n", "recipe": "r"}
    rows = []
    for variant in ("ce", "hem"):
        for seed in range(seeds):
            for kind, name, severity, score, metric, value, n in (
                ("clean", "", 0, "", "accuracy", accuracy, 50),
                ("clean", "", 0, "msp", "saturation", saturation if variant == "ce" else 0.0, 50),
                ("corruption", "blur", 1, "", "accuracy", 0.8, 50),
                ("corruption", "blur", 3, "", "accuracy", 0.7, 50),
                ("ood", "blobs", 0, "msp", "auroc", 0.8, 40),
                ("attack", "aa-Linf", 0, "", "accuracy", 0.1, 20),
                ("attack", "aa-Linf", 0, "", "zero_gradient_share", 0.0, 17),  # of those that were right before
            ):
                measured = {"kind": kind, "set": name, "severity": severity, "score": score, "metric": metric}
                cell = {**names, "variant": variant, "loss": variant, "seed": seed}
                rows.append({**cell, **measured, "value": value, "n": n})
    return pd.DataFrame(rows)


def write(folder: Path, **files: Any) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        content(folder / re.sub(r"_(parquet|csv|json|svg)$", r".\1", name))
    return folder


class Study:
    """Artefacts of a small study; change what a test is about, then look at the page."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seeds, self.accuracy, self.saturation = 3, 0.9, 0.4
        self.lineage: list[dict[str, Any]] = [
            {
                "cell": "x",
                "stage": "train",
                "git": {"commit": "0123456789abcdef", "dirty": True},
                "environment": {"versions": {"torch": "2.13"}, "threads": 1},
            },
            {"cell": "x", "stage": "attack", "environment": {"versions": {"torch": "2.13"}, "threads": 1}},
        ]
        self.manifests: dict[str, dict[str, Any]] = {}
        self.complete, self.test_size = True, 50
        self.description = "About it."
        self.recipes = "recipes: {r: {batch_size: 512, processes: 1}}"
        self.verdicts: list[dict[str, Any]] = []

    def compute(self) -> dict[str, str]:
        folders = {}
        for condition, dataset in (("d-n", "d"), ("d_lt-n", "d_lt")):
            folders[f"evaluate.{condition}"] = write(
                self.root / "evaluate" / condition / "5cc820a358f1",
                metrics_parquet=frame(metrics(condition, dataset, self.seeds, self.accuracy, self.saturation)),
            )
        numbers = {"mean": [90.0], "sd": [1.0], "n": [3], "low": [89.0], "high": [91.0], "images": [50]}
        table = pd.DataFrame(
            {"condition": ["d-n"], "variant": ["ce"], "label": ["A"], "better": ["larger"], **numbers}
        )
        words = {"name": "summary", "title": "Headline", "caption": "C", "rows": ["variant"], "columns": ["label"]}
        folders["table.summary"] = write(
            self.root / "table" / "s-summary" / "aaaaaaaaaaaa",
            table_parquet=frame(table),
            table_csv=csv(table),
            table_json=json_file({**words, "show": "sd"}),
        )
        folders["figure.curves"] = write(
            self.root / "figure" / "s-curves" / "bbbbbbbbbbbb",
            figure_svg=text(SVG),
            figure_narrow_svg=text(SVG),
            data_csv=text("a\n1\n"),
            figure_json=json_file({"name": "curves", "title": "Curves", "caption": "C"}),
        )
        if self.verdicts:
            folders["claims"] = write(
                self.root / "claims" / "s" / "cccccccccccc",
                claims_json=json_file({"study": "s", "margin": 2.0, "verdicts": self.verdicts}),
                claims_csv=text("id\nS3\n"),
            )
        manifests = {role: self.manifests.get(role, {}) for role in folders}
        for role in folders:
            if role.startswith("evaluate."):
                manifests[role] = {"lineage": self.lineage, **manifests[role]}
        contents = report.compute(Inputs(folders=folders, manifests=manifests), self.options())
        written = {}
        for name, content in contents.items():
            content(self.root / name)
            written[name] = (self.root / name).read_text()
        return written

    def options(self) -> dict[str, Any]:
        sizes = {"train": 100, "test": self.test_size}
        return {
            "study": "s",
            "title": "The title",
            "description": self.description,
            "config": f"study: s\ndatasets:\n  d_lt: {{dataset: d, ratio: 10}}\n{self.recipes}",
            "variants": [
                {"label": "ce", "loss": "ce", "options": {"label_smoothing": 0.0}},
                {"label": "hem", "loss": "hem", "options": {"power": 0.5, "margin": None}},
            ],
            "conditions": ["d_lt-n", "d-n"],
            "trained": {"d_lt-n": ["ce", "hem"], "d-n": ["ce", "hem"]},
            "tables": ["summary"],
            "figures": ["curves"],
            "data": {"d": {"complete": self.complete, "sizes": sizes, "source": "a place"}},
        }

    def words(self) -> str:
        html = re.sub(r"<style>.*?</style>", "", self.compute()["index.html"], flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def test_one_page_with_its_tables_beside_it(study: Study) -> None:
    written = study.compute()
    assert sorted(written) == ["figure_curves.csv", "index.html", "table_summary.csv"]
    assert written["figure_curves.csv"] == "a\n1\n"
    assert written["index.html"].count("<svg") == 2


def test_says_what_stands_behind_the_numbers(study: Study) -> None:
    words = study.words()
    assert "networks trained 12" in words
    assert "3 (0, 1, 2)" in words
    assert "1 OOD set (blobs) of 40 images" in words
    assert "1 corruption (blur, severities 1, 3) of 50 images" in words
    assert "1 attack (aa-Linf) of 20 images" in words
    assert "Attacks were run on 20 images" in words
    assert "17 images" not in words
    assert words.count("50, complete") == 2  # the long-tailed label too, through the study's section of data-sets
    assert "power 0.5" in words
    assert "margin None" not in words


def test_conditions_in_the_order_of_the_options_with_their_folders(study: Study) -> None:
    html = study.compute()["index.html"]
    behind = html.split('id="behind"')[1]
    assert behind.index("d_lt-n") < behind.index(">d-n<")
    assert 'href="../../results/evaluate/d-n/5cc820a358f1/"' in html


@pytest.mark.parametrize(("complete", "size"), [(False, 50), (True, 10_000)])
def test_a_subset_never_passes_for_the_whole(study: Study, complete: bool, size: int) -> None:
    study.complete, study.test_size = complete, size
    words = study.words()
    assert "Not evaluated on the complete published test set: d_lt-n, d-n." in words
    assert "50, complete" not in words


def test_a_training_by_several_processes_is_told_with_what_batch_normalisation_saw(study: Study) -> None:
    study.recipes = "recipes: {r: {batch_size: 512, processes: 4}}"
    words = study.words()
    assert "d-n: 4 processes trained each network together" in words
    assert "is over the 128 images of a process" in words


@pytest.mark.parametrize("alike", [False, True])
def test_a_loss_that_was_trained_otherwise_is_told(study: Study, alike: bool) -> None:
    other = "for_loss: {ce: {epochs: 9, warmup: {epochs: 10}}}"
    study.recipes = f"recipes: {{r: {{epochs: 9, warmup: {{epochs: 5}}{'' if alike else ', ' + other}}}}}"
    told = "d-n: not all losses were trained alike: ce with warmup.epochs 10 (others 5)." in study.words()
    assert told is not alike


def test_a_training_by_one_process_is_no_matter(study: Study) -> None:
    assert "processes trained" not in study.words()


@pytest.mark.parametrize(
    ("seeds", "words"), [(1, "With one seed there is no interval"), (3, "mean ± 2.48 standard deviations")]
)
def test_few_seeds_are_said(study: Study, seeds: int, words: str) -> None:
    study.seeds = seeds
    assert words in study.words()


def test_many_seeds_are_not_warned_of(study: Study) -> None:
    study.seeds = 6
    assert "an interval is wide" not in study.words()


def test_an_easy_task_is_called_easy(study: Study) -> None:
    assert "little room" not in study.words()
    study.root, study.accuracy = study.root / "again", 0.98
    assert "one test image is 2.00 points" in study.words()


def test_saturation_is_said_where_there_is_some(study: Study) -> None:
    assert "for ce on d" in study.words()
    study.root, study.saturation = study.root / "again", 0.0
    assert "saturates" not in study.words()


def test_a_mixture_is_one_within_a_stage(study: Study) -> None:
    study.lineage[1]["environment"]["threads"] = 2
    assert "All results of this study agree" in study.words()
    study.root = study.root / "again"
    study.lineage.append({"cell": "y", "stage": "train", "environment": {"versions": {"torch": "2.11"}}})
    assert "Mixed in this study: versions torch." in study.words()


def test_the_commits_of_the_code_are_named(study: Study) -> None:
    words = study.words()
    assert "the code of commit 0123456789ab with uncommitted changes (2)." in words


def test_adoptions_are_listed(study: Study) -> None:
    study.manifests["evaluate.d-n"] = {"adoption": {"from": "evaluate/d-n/000000000000", "because": "a new name"}}
    words = study.words()
    assert "evaluate/d-n/5cc820a358f1 is evaluate/d-n/000000000000 : a new name" in words
    assert "not computed anew: 1, listed below" in words


def test_nobodys_business_stays_out(study: Study) -> None:
    study.lineage[0]["environment"]["hostname"] = "secret-machine"
    assert "secret-machine" not in study.compute()["index.html"]


def test_texts_are_escaped(study: Study) -> None:
    study.description = "<script>alert(1)</script>"
    assert "<script" not in study.compute()["index.html"]


VERDICT = {
    "id": "S3",
    "words": "HEM rejects better.",
    "numbers": "14 of 15",
    "variant": "hem",
    "verdict": "supported",
    "verdict_log_msp": "contradicted",
    "flips": True,
    "remark": "Flips.",
    "parts": [
        {
            "verdict": "supported",
            "comparison": "hem > ce",
            "coverage": "2 of 15 conditions",
            "found": "+1.00 points",
            "log_msp": "-1.00 points",
        }
    ],
}


def test_verdicts_are_shown_with_what_they_rest_on(study: Study) -> None:
    assert "The paper's claims" not in study.words()
    nothing = VERDICT | {"id": "L1", "verdict": "not measured", "flips": False, "parts": []}
    study.root, study.verdicts = study.root / "again", [VERDICT, nothing]
    words = study.words()
    assert "1 supported, 1 not measured." in words
    assert "S3 HEM rejects better. Paper: 14 of 15." in words
    assert "hem supported : S3" in words
    assert "contradicted: it flips" in words
    assert "within ±2 points" in words
    for said in ("hem > ce", "2 of 15 conditions", "+1.00 points"):
        assert said in words.replace("&gt;", ">")
    assert "Not measured by this study at all: 1" in words
    study.root = study.root / "more"
    assert study.compute()["claims.csv"] == "id\nS3\n"
