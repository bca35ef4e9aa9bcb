"""The demo: what it plans, and a cut-down form of it run for real, from the digits to the report."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from hembench.store.content import read_arrays, read_frame

pytestmark = pytest.mark.slow

PARTS = ("src", "workflow", "config", "profiles", "envs", "Snakefile", "Makefile", ".gitignore", "pyproject.toml")
STUDY = "demo_short"
KEPT = {
    ("digits", "mlp_small"): "short",
    ("split_digits", "replay_100"): "continual_short",
    ("digit_scenes", "fcn"): "scenes_short",
}
"""Of the demo's conditions, with recipes."""
PLAIN = "digits-mlp_small-short"
EPISODES = "split_digits-replay_100-class-mlp_small-continual_short"
SCENES = "digit_scenes-fcn-scenes_short-image"


@dataclass
class Demo:
    """A clone, under git, in which the cut-down demo was run."""

    root: Path
    output: str

    def call(self, *command: str) -> str:
        return call(self.root, *command)

    def artefacts(self, stage: str) -> list[Path]:
        return sorted((self.root / "results" / stage).glob("*/*"))

    def of(self, stage: str, name: str) -> Path:
        """Return the only result of a stage with a name that begins so."""
        (folder,) = [one for one in self.artefacts(stage) if one.parent.name.startswith(name)]
        return folder

    @property
    def metrics(self) -> pd.DataFrame:
        """Those of classification."""
        return read_frame(self.of("evaluate", PLAIN) / "metrics.parquet")

    @property
    def page(self) -> str:
        return (self.root / "reports" / STUDY / "index.html").read_text(encoding="utf-8")


def call(root: Path, *command: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(root / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout + done.stderr


def recipe_of(root: Path, name: str) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(
        (root / "config" / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
    )
    return made


def cut_down(root: Path) -> dict[str, object]:
    """Return the demo with a condition of each task, two losses, one seed, fewer epochs and small attacks."""
    study = yaml.safe_load((root / "config" / "demo.yaml").read_text(encoding="utf-8"))
    conditions = []
    for condition in study["conditions"]:
        way = condition.get("continual", {})
        learnt = (way.get("benchmark", condition["dataset"]), way.get("strategy", condition["network"]))
        if learnt in KEPT:
            changes = {"recipe": KEPT[learnt], "losses": ["ce", "hem"], "seeds": [0]}
            conditions.append({**condition, **changes})
    assert len(conditions) == len(KEPT)
    del study["datasets"]
    study |= {"study": STUDY, "seeds": [0], "conditions": conditions, "losses": {"ce": {}, "hem": {}}}
    study["networks"] = {"mlp_small": study["networks"]["mlp_small"]}
    study["recipes"] = {
        label: {**recipe_of(root, name), "epochs": epochs}
        for label, name, epochs in (
            ("short", "digits", 8),
            ("continual_short", "continual_digits", 5),
            ("scenes_short", "digit_scenes", 5),
        )
    }
    study["evaluate"]["ood_images"] = 100
    for attack in study["evaluate"]["attacks"]:
        attack.update(images=8, shard=8, queries=20)
    return study


@pytest.fixture(scope="module")
def demo(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("demo") / "clone"
    for part in PARTS:
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        if (project / part).is_dir():
            shutil.copytree(project / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(project / part, root / part)
    (root / "config" / f"{STUDY}.yaml").write_text(yaml.safe_dump(cut_down(root)), encoding="utf-8")
    call(root, "git", "init", "--quiet", "--initial-branch=main")
    call(root, "git", "add", "--all")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    call(root, "git", *identity, "commit", "--quiet", "--message=as it is")
    config = ("--configfile", f"config/{STUDY}.yaml", "--cores", "2")
    return Demo(root, call(root, sys.executable, "-m", "snakemake", *config))


def test_the_demo_plans_what_the_readme_promises(project: Path) -> None:
    document = json.loads(call(project, sys.executable, "-m", "hembench", "plan", "demo", "--json"))
    assert document["study"] == "demo"
    assert Counter(job["stage"] for job in document["jobs"]) == {
        "fetch": 2,
        "prepare": 12,  # two training sets, a test set, four OOD sets, three corruptions; two sets of scenes
        "derive": 1,  # their class counts
        # (5 losses on the MLP, 2 on the ConvNet, 4 on long-tailed digits) x 3 seeds; in episodes 2 benchmarks x
        # 2 strategies x 2 losses x 2 seeds; on scenes 2 losses x 3 seeds
        "train": 33 + 16 + 6,
        "predict": 33 + 16 + 6,
        "attack": 66,  # in two norms
        "evaluate": 3 + 4 + 1,
        "table": 7,
        "figure": 5,
        "report": 1,
    }
    cells = {job["cell"] for job in document["jobs"] if job["stage"] == "train"}
    variants = Counter(re.sub(r"-s\d$", "", cell) for cell in cells)
    episodes = {name for name in variants if name.startswith(("split_digits-", "permuted_digits-"))}
    assert {number for name, number in variants.items() if name not in episodes} == {3}
    ways = ("split_digits-replay_100-class", "split_digits-si-task", "permuted_digits-replay_100-domain")
    assert {name: variants[name] for name in episodes} == {
        f"{way}-mlp_small-continual_digits-{loss}": 2
        for way in (*ways, "permuted_digits-si-domain")
        for loss in ("ce", "hem")
    }
    assert {name for name in variants if name.startswith("digits_lt10-mlp_small-")} == {
        f"digits_lt10-mlp_small-{loss}" for loss in ("ce", "la", "hem", "hem_plus")
    }
    for network, losses in (("mlp_small", ("ce", "ln", "dice", "mm", "hem")), ("convnet_small", ("ce", "hem"))):
        assert {name for name in variants if name.startswith(f"digits-{network}-")} == {
            f"digits-{network}-{loss}" for loss in losses
        }


def test_both_losses_learn_the_digits(demo: Demo) -> None:
    metrics = demo.metrics
    clean = metrics[(metrics["kind"] == "clean") & (metrics["metric"] == "accuracy")]
    assert set(clean["variant"]) == {"ce", "hem"}
    assert list(clean["n"]) == [355, 355]
    assert (clean["value"] > 0.85).all(), clean[["variant", "value"]]  # chance is 0.1


def test_metrics_are_those_of_the_kept_logits(demo: Demo) -> None:
    metrics = demo.metrics
    for variant in ("ce", "hem"):
        kept = read_arrays(demo.of("predict", f"{PLAIN}-{variant}-s0") / "predictions.npz")
        rows = metrics[(metrics["variant"] == variant) & (metrics["metric"] == "accuracy")]
        (clean,) = rows[rows["kind"] == "clean"]["value"]
        assert clean == pytest.approx((kept["clean"].argmax(1) == kept["labels"]).mean(), abs=1e-12)
        noise = rows[(rows["kind"] == "corruption") & (rows["set"] == "noise")]
        assert len(noise) > 0
        for severity, value in zip(noise["severity"], noise["value"], strict=True):
            found = (kept[f"corruption.noise.{severity}"].argmax(1) == kept["labels"]).mean()
            assert value == pytest.approx(found, abs=1e-12)


def test_what_is_measured_lies_where_it_can(demo: Demo) -> None:
    metrics = demo.metrics
    shares = metrics[metrics["metric"].isin(["accuracy", "auroc", "fpr95", "dar", "ece", "saturation"])]
    assert shares["value"].between(0, 1).all()
    assert set(metrics[metrics["kind"] == "ood"]["set"]) == {"blobs", "uniform", "permuted", "phase"}
    assert set(metrics[metrics["kind"] == "corruption"]["set"]) == {"noise", "blur", "contrast"}
    attacked = metrics[(metrics["kind"] == "attack") & (metrics["metric"] == "accuracy")]
    assert set(attacked["set"]) == {"autoattack_paper-Linf", "autoattack_paper-L2"}
    assert (attacked["n"] == 8).all()


def test_attacks_keep_their_budget(demo: Demo) -> None:
    budgets = {"Linf": 0.1, "L2": 0.8}
    folders = demo.artefacts("attack")
    assert len(folders) == 4
    for folder in folders:
        (norm,) = [norm for norm in budgets if norm in folder.parent.name]
        distance = read_arrays(folder / "attack.npz")["distance"]
        assert distance.max() <= budgets[norm] + 1e-5
        assert distance.max() > 0, "no image was attacked at all"


def test_digits_are_learnt_in_episodes_and_what_is_known_of_each_is_that_of_the_kept_logits(demo: Demo) -> None:
    folder = demo.of("evaluate", EPISODES)
    found = read_frame(folder / "accuracies.parquet")
    assert set(found["incremental"]) == {"class"}
    for variant, of_variant in found.groupby("variant", observed=True):
        kept = read_arrays(demo.of("predict", f"{EPISODES}-{variant}-s0") / "predictions.npz")
        assert len(of_variant) == 6 * 5
        for _, row in of_variant.iterrows():
            said = kept[f"after{row['after']}.episode{row['episode']}"].argmax(1)
            assert row["accuracy"] == pytest.approx((said == kept[f"labels.episode{row['episode']}"]).mean())
        learnt = of_variant[of_variant["after"] == of_variant["episode"]]
        assert learnt["accuracy"].mean() > 0.7, "each episode, when it has just been learnt"
        after_all = of_variant[of_variant["after"] == 5]
        assert after_all["accuracy"].mean() > 0.4, "a memory keeps more than the last episode's two of ten digits"
    metrics = read_frame(folder / "metrics.parquet")
    assert set(metrics["variant"]) == {"ce", "hem"}
    final = metrics[metrics["metric"] == "final_accuracy"].set_index("variant")["value"]
    for variant, value in final.items():
        of_last = found[(found["variant"] == variant) & (found["after"] == 5)]
        assert value == pytest.approx(of_last["accuracy"].mean())


def test_scenes_are_measured_by_their_kept_confusion_matrices(demo: Demo) -> None:
    metrics = read_frame(demo.of("evaluate", SCENES) / "metrics.parquet")
    headline = metrics[metrics["metric"] == "iou"].set_index("variant")["value"]
    assert set(headline.index) == {"ce", "hem"}
    for variant, value in headline.items():
        kept = read_arrays(demo.of("predict", f"{SCENES}-{variant}-s0") / "predictions.npz")
        confusion = kept["confusion"].sum(axis=0)
        both = confusion.diagonal()
        assert value == pytest.approx((both / (confusion.sum(0) + confusion.sum(1) - both)).mean())


def test_the_report_has_the_numbers_of_the_metrics_and_needs_no_other_file(demo: Demo) -> None:
    page = demo.page
    metrics = demo.metrics
    accuracy = metrics[(metrics["metric"] == "accuracy") & (metrics["kind"] == "clean")]
    corrupted = metrics[(metrics["metric"] == "accuracy") & (metrics["kind"] == "corruption")]
    shown = [*accuracy["value"], *corrupted.groupby("variant", observed=True)["value"].mean()]
    assert len(shown) == 4
    for value in shown:
        assert f"{100 * value:.2f}" in page
    assert page.count("<svg") >= 3
    assert not re.search(r'(?:src|href)="https?://[^"]*\.(?:js|css|png|svg|woff2?)', page)
    for link in re.findall(r'href="([^"#:]+)"', page):
        assert (demo.root / "reports" / STUDY / link).exists(), f"the report links to {link}"


def test_show_ends_the_demo_with_its_table_and_the_report_s_path(demo: Demo) -> None:
    shown = demo.call(sys.executable, "-m", "hembench", "show", STUDY)
    assert shown.rstrip().endswith(str(demo.root / "reports" / STUDY / "index.html"))
    (value,) = demo.metrics.query("kind == 'clean' and metric == 'accuracy' and variant == 'hem'")["value"]
    assert f"{100 * value:.2f}" in shown


def test_a_run_says_how_far_it_is_and_leaves_git_clean(demo: Demo) -> None:
    assert re.search(r"done, (\d+) of \1$", demo.output, flags=re.M)
    assert demo.call("git", "status", "--porcelain") == ""


def test_all_results_are_whole_and_the_commit_is_recorded(demo: Demo) -> None:
    assert "48 of 48" in demo.output
    answer = json.loads(demo.call(sys.executable, "-m", "hembench", "verify", STUDY, "--json"))
    assert answer["findings"] == []
    assert answer["results"] == 46
    commit = demo.call("git", "rev-parse", "HEAD").strip()
    for folder in demo.artefacts("train"):
        manifest = json.loads((folder / "manifest.json").read_bytes())
        assert manifest["run"]["git"] == {"commit": commit, "dirty": False}
