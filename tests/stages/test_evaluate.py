from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from hembench.core import plugins
from hembench.core.errors import InputError, PluginError
from hembench.metrics.acceptance_threshold import acceptance_threshold
from hembench.metrics.dar import dar
from hembench.scores.mls import mls
from hembench.scores.msp import msp
from hembench.stages._predicted import labels_and_scores
from hembench.stages.api import Inputs
from hembench.stages.evaluate import BINS, HISTOGRAMS, HISTORIES, METRICS, compute
from hembench.store.content import arrays, json_file, read_arrays, read_frame

CELLS = {
    "tiny-mlp-hem-s0": {"variant": "hem", "loss": "hem", "seed": 0},
    "tiny-mlp-ce-s1": {"variant": "ce", "loss": "ce", "seed": 1},
    "tiny-mlp-ce-s0": {"variant": "ce", "loss": "ce", "seed": 0},
}
NAMES = {"condition": "tiny-mlp", "dataset": "tiny", "network": "mlp", "recipe": "tiny"}
LABELS = np.arange(40) % 4
INDEX = np.array([1, 5, 6, 30])
FOOLED_BY = np.array([1, -1, -2, 0], dtype=np.int8)
TOLD = {"attacks": ["gradient", "logits_only"], "flags": {"zero_gradient_share": 0.25, "unconfirmed_share": 0.0}}


def _logits(seed: int, count: int = 40) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    logits[np.arange(count), np.arange(count) % 4] += 1.5
    return logits


def _predictions(seed: int) -> dict[str, np.ndarray]:
    return {
        "clean": _logits(seed),
        "ood.blobs": _logits(seed + 100, 25) / 2,
        "ood.uniform": _logits(seed + 200, 30) / 3,
        "corruption.noise.1": _logits(seed + 300) * 0.9,
        "corruption.noise.5": _logits(seed + 400)[::-1],
        "labels": LABELS,
    }


def _attacked(seed: int) -> dict[str, np.ndarray]:
    return {
        "index": INDEX,
        "labels": LABELS[INDEX],
        "logits": -_logits(seed)[INDEX],
        "clean_logits": _logits(seed)[INDEX],
        "fooled_by": FOOLED_BY,
    }


def _write_prediction(folder, predictions, loss=(2.0, 1.0)):
    folder.mkdir(parents=True)
    arrays(predictions)(folder / "predictions.npz")
    json_file({"train_loss": list(loss), "learning_rate": [0.1] * len(loss)})(folder / "history.json")


@pytest.fixture
def options():
    rules = {}
    for name in plugins.names("metrics"):
        facts = plugins.constants("metrics", name)
        scores = facts["SCORES"]
        rules[name] = {
            "measured_on": list(facts["MEASURED_ON"]),
            "scores": None if scores is None else list(scores),
        }
    return {**NAMES, "cells": CELLS, "scores": ["mls", "msp"], "metrics": rules, "attacks": _rule(False)}


def _rule(drops_wrong: bool) -> dict:
    return {"autoattack-Linf": {"drops_wrong": drops_wrong, "black_box": ["logits_only"]}}


@pytest.fixture
def inputs(tmp_path):
    folders = {}
    for seed, cell in enumerate(sorted(CELLS)):
        folders[f"predict.main.{cell}"] = tmp_path / f"predict-{cell}"
        _write_prediction(folders[f"predict.main.{cell}"], _predictions(seed), loss=(2.0, 1.0 + seed))
        folder = folders[f"attack.autoattack-Linf.{cell}"] = tmp_path / f"attack-{cell}"
        folder.mkdir()
        arrays(_attacked(seed))(folder / "attack.npz")
        json_file(TOLD)(folder / "attack.json")
    functions = {}
    for kind in ("score", "metric"):
        for name in plugins.names(f"{kind}s"):
            functions[f"{kind}.{name}"] = getattr(plugins.load(f"{kind}s", name), name)
    return Inputs(
        folders=folders,
        plugins=functions,
    )


def _frames(inputs, options, tmp_path) -> tuple[pd.DataFrame, pd.DataFrame]:
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    for name, content in compute(inputs, options).items():
        content(out / name)
    return (
        read_frame(out / "metrics.parquet"),
        read_frame(out / "histories.parquet"),
    )


def _one(metrics: pd.DataFrame, **wanted) -> pd.Series:
    rows = metrics[np.logical_and.reduce([metrics[name] == value for name, value in wanted.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_layout(inputs, options, tmp_path):
    metrics, histories = _frames(inputs, options, tmp_path)
    assert list(metrics) == METRICS
    assert list(histories) == HISTORIES
    assert {str(metrics[name].dtype) for name in ("seed", "severity", "n")} == {"int64"}
    assert str(metrics["value"].dtype) == "float64"
    assert not metrics.duplicated(METRICS[:-2]).any()
    assert set(metrics["kind"]) == {"clean", "ood", "corruption", "attack"}
    assert set(metrics.loc[metrics["kind"] == "attack", "set"]) == {"autoattack-Linf"}
    assert set(metrics.loc[metrics["kind"] == "clean", "set"]) == {""}
    assert set(metrics.loc[metrics["kind"] == "corruption", "severity"]) == {1, 5}
    assert set(metrics.loc[metrics["kind"] != "corruption", "severity"]) == {0}
    assert metrics["value"].between(-10, 10).all()


def test_which_rows_there_are(inputs, options, tmp_path):
    """Rows follow from the constants of the metrics' files: kinds of sets times scores."""
    metrics, _ = _frames(inputs, options, tmp_path)
    of_cell = metrics[(metrics["variant"] == "hem")]
    found = {tuple(row) for row in of_cell[["metric", "kind", "score"]].itertuples(index=False)}
    kinds = ("clean", "corruption", "ood", "attack")
    expected = {("accuracy", kind, "") for kind in kinds if kind != "ood"}
    expected |= {(metric, "ood", score) for metric in ("auroc", "fpr95") for score in ("mls", "msp")}
    expected |= {("dar", kind, score) for kind in kinds for score in ("mls", "msp")}
    expected |= {("saturation", kind, "msp") for kind in kinds}
    expected |= {("ece", kind, "msp") for kind in ("clean", "corruption")}
    expected |= {("acceptance_threshold", "clean", score) for score in ("mls", "msp")}
    expected |= {(f"{name}_share", "attack", "") for name in ("fooled", "unfooled", "wrong_before", "black_box")}
    expected |= {(name, "attack", "") for name in TOLD["flags"]}
    assert found == expected


def test_numbers_by_hand(inputs, options, tmp_path):
    metrics, _ = _frames(inputs, options, tmp_path)
    seed, cell = 0, {"variant": "ce", "seed": 0}
    predicted, attacked = _predictions(seed), _attacked(seed)
    clean = predicted["clean"]
    right = clean.argmax(1) == LABELS

    row = _one(metrics, **cell, metric="accuracy", kind="clean")
    assert (row["value"], row["n"]) == (right.mean(), 40)
    row = _one(metrics, **cell, metric="accuracy", kind="corruption", severity=5)
    assert row["value"] == (predicted["corruption.noise.5"].argmax(1) == LABELS).mean()
    assert row["set"] == "noise"
    row = _one(metrics, **cell, metric="accuracy", kind="attack")
    assert (row["value"], row["n"]) == ((attacked["logits"].argmax(1) == LABELS[INDEX]).mean(), 4)

    for score, function in (("msp", msp), ("mls", mls)):
        known, unknown = function(clean), function(predicted["ood.blobs"])
        row = _one(metrics, **cell, metric="auroc", set="blobs", score=score)
        truth = np.r_[np.ones(40), np.zeros(25)]
        assert row["value"] == pytest.approx(roc_auc_score(truth, np.r_[known, unknown]), abs=1e-12)
        assert row["n"] == 25

        threshold = acceptance_threshold(known, right)
        row = _one(metrics, **cell, metric="acceptance_threshold", score=score)
        assert row["value"] == threshold
        row = _one(metrics, **cell, metric="dar", kind="attack", score=score)
        hit = attacked["logits"].argmax(1) == LABELS[INDEX]
        assert row["value"] == dar(function(attacked["logits"]), hit, threshold)
        row = _one(metrics, **cell, metric="dar", set="uniform", score=score)
        assert row["value"] == (function(predicted["ood.uniform"]) < threshold).mean()


def test_outcomes_of_an_attack_and_its_flags(inputs, options, tmp_path):
    metrics, _ = _frames(inputs, options, tmp_path)
    of_cell = metrics[(metrics["variant"] == "hem") & metrics["metric"].str.endswith("_share")]
    found = {row.metric: (row.value, row.n) for row in of_cell.itertuples()}
    assert found == {
        "fooled_share": (0.5, 4),
        "unfooled_share": (0.25, 4),
        "wrong_before_share": (0.25, 4),
        "black_box_share": (0.25, 4),
        "zero_gradient_share": (0.25, 3),
        "unconfirmed_share": (0.0, 3),
    }


def test_an_attack_that_drops_wrong_images_has_metrics_of_other_names(inputs, options, tmp_path):
    """Over those that were right before only; the threshold is still that of all clean images."""
    kept, _ = _frames(inputs, options, tmp_path)
    dropped, _ = _frames(inputs, options | {"attacks": _rule(True)}, tmp_path)
    of_metrics = [
        (frame["kind"] == "attack") & ~frame["metric"].str.endswith("_share") for frame in (kept, dropped)
    ]
    attacked = dropped[of_metrics[1]]
    assert set(attacked["metric"]) == {"accuracy_attacked", "dar_attacked", "saturation_attacked"}
    assert set(attacked["n"]) == {3}
    rest = [
        frame[~chosen].reset_index(drop=True) for frame, chosen in zip((kept, dropped), of_metrics, strict=True)
    ]
    pd.testing.assert_frame_equal(*rest)

    clean, logits = _predictions(0)["clean"], _attacked(0)["logits"][FOOLED_BY != -2]
    right = logits.argmax(1) == LABELS[INDEX][FOOLED_BY != -2]
    threshold = acceptance_threshold(mls(clean), clean.argmax(1) == LABELS)
    row = _one(attacked, variant="ce", seed=0, metric="dar_attacked", score="mls")
    assert row["value"] == dar(mls(logits), right, threshold)


def test_nothing_was_right_before_the_attack(inputs, options, tmp_path):
    cell = "tiny-mlp-hem-s0"
    folder = inputs.folders[f"attack.autoattack-Linf.{cell}"]
    arrays(_attacked(2) | {"fooled_by": np.full(4, -2, dtype=np.int8)})(folder / "attack.npz")
    metrics, _ = _frames(inputs, options | {"attacks": _rule(True)}, tmp_path)
    of_attack = metrics[(metrics["variant"] == "hem") & (metrics["kind"] == "attack")].set_index("metric")
    assert of_attack.loc["wrong_before_share", "value"] == 1.0
    for name in ("accuracy_attacked", "dar_attacked", "zero_gradient_share"):
        assert np.isnan(of_attack.loc[[name], "value"]).all()
        assert set(of_attack.loc[[name], "n"]) == {0}


def test_the_threshold_is_that_of_all_clean_images_for_each_network_and_score(inputs, options, tmp_path):
    """Not of the few attacked ones, and not of another network or score."""
    names = ["energy", "entropy", "log_msp", "mls", "msp"]
    assert names == plugins.names("scores")
    metrics, _ = _frames(inputs, options | {"scores": names}, tmp_path)
    seen, of_few = set(), set()
    for seed, cell in enumerate(sorted(CELLS)):
        clean, attacked = _predictions(seed)["clean"], _attacked(seed)
        right = clean.argmax(1) == LABELS
        hit = attacked["logits"].argmax(1) == attacked["labels"]
        of_cell = {"variant": CELLS[cell]["variant"], "seed": CELLS[cell]["seed"]}
        for name in names:
            score = inputs.plugins[f"score.{name}"]
            threshold = acceptance_threshold(score(clean), right)
            of_few.add(acceptance_threshold(score(clean)[INDEX], right[INDEX]))
            row = _one(metrics, **of_cell, metric="acceptance_threshold", score=name)
            assert (row["value"], row["n"]) == (threshold, len(LABELS))
            row = _one(metrics, **of_cell, metric="dar", kind="attack", score=name)
            assert row["value"] == dar(score(attacked["logits"]), hit, threshold)
            seen.add(threshold)
    assert len(seen) == len(CELLS) * len(names)
    assert len(of_few - seen) >= len(of_few) / 2


def test_histories(inputs, options, tmp_path):
    _, histories = _frames(inputs, options, tmp_path)
    of_cell = histories[(histories["variant"] == "ce") & (histories["seed"] == 1)]
    losses = of_cell[of_cell["quantity"] == "train_loss"]
    assert losses["epoch"].tolist() == [1, 2]
    assert losses["value"].tolist() == [2.0, 2.0]
    assert set(of_cell["condition"]) == {"tiny-mlp"}


def test_the_order_of_roles_cells_and_metrics_does_not_matter(inputs, options, tmp_path):
    first = {}
    for name, content in compute(inputs, options).items():
        content(tmp_path / name)
        first[name] = (tmp_path / name).read_bytes()
    turned = replace(inputs, folders=dict(reversed(inputs.folders.items())))
    shuffled = options | {
        "cells": dict(reversed(options["cells"].items())),
        "metrics": dict(reversed(options["metrics"].items())),
        "scores": ["msp", "mls"],
    }
    for name, content in compute(turned, shuffled).items():
        content(tmp_path / name)
        assert (tmp_path / name).read_bytes() == first[name]


def test_without_attacks(inputs, options, tmp_path):
    folders = {role: folder for role, folder in inputs.folders.items() if role.startswith("predict.")}
    metrics, _ = _frames(replace(inputs, folders=folders), options, tmp_path)
    assert set(metrics["kind"]) == {"clean", "ood", "corruption"}


def test_groups_are_put_together_and_a_set_in_two_groups_counts_once(inputs, options, tmp_path):
    folders = dict(inputs.folders)
    whole, _ = _frames(inputs, options, tmp_path)
    for seed, cell in enumerate(sorted(CELLS)):
        predictions = _predictions(seed)
        clean = {name: predictions[name] for name in ("clean", "labels", "ood.blobs")}
        rest = {name: value for name, value in predictions.items() if name not in ("ood.blobs",)}
        del folders[f"predict.main.{cell}"]
        for group, part in (("a", clean), ("b", rest)):
            folders[f"predict.{group}.{cell}"] = tmp_path / f"{group}-{cell}"
            _write_prediction(folders[f"predict.{group}.{cell}"], part, loss=(2.0, 1.0 + seed))
    split, _ = _frames(replace(inputs, folders=folders), options, tmp_path)
    pd.testing.assert_frame_equal(split, whole)


def _histograms(inputs, options, tmp_path) -> pd.DataFrame:
    compute(inputs, options)["histograms.parquet"](tmp_path / "histograms.parquet")
    return read_frame(tmp_path / "histograms.parquet")


def test_histograms_of_msp_on_known_and_unknown_images(inputs, options, tmp_path):
    histograms = _histograms(inputs, options, tmp_path)
    assert list(histograms) == HISTOGRAMS
    assert set(histograms["kind"]) == {"clean", "ood"}
    assert set(histograms["score"]) == {"msp"}
    assert len(histograms) == 3 * 3 * BINS  # cells, sets, bins
    known = histograms[(histograms["variant"] == "hem") & (histograms["kind"] == "clean")]
    confidence = msp(_predictions(2)["clean"])
    assert known["count"].sum() == len(confidence)
    for low, high, count in zip(known["low"], known["high"], known["count"], strict=True):
        assert count == ((confidence >= low) & (confidence < high + (high == 1.0))).sum()


def test_the_last_bin_holds_what_is_saturated(inputs, options, tmp_path):
    cell = "tiny-mlp-hem-s0"
    folder = tmp_path / "sure"
    _write_prediction(folder, _predictions(2) | {"clean": 1000 * np.eye(4, dtype=np.float32)[LABELS]})
    folders = {**inputs.folders, f"predict.main.{cell}": folder}
    histograms = _histograms(replace(inputs, folders=folders), options, tmp_path)
    known = histograms[(histograms["variant"] == "hem") & (histograms["kind"] == "clean")]
    assert known.loc[known["high"] == 1.0, "count"].tolist() == [40]
    assert known["count"].sum() == 40


def test_no_msp_no_histogram_and_none_of_a_diverged_network(inputs, options, tmp_path):
    without = {name: one for name, one in inputs.plugins.items() if name != "score.msp"}
    assert _histograms(replace(inputs, plugins=without), options | {"scores": ["mls"]}, tmp_path).empty
    cell = "tiny-mlp-hem-s0"
    folder = tmp_path / "diverged"
    _write_prediction(folder, _predictions(2) | {"clean": _logits(2) * np.float32("nan")})
    folders = {**inputs.folders, f"predict.main.{cell}": folder}
    histograms = _histograms(replace(inputs, folders=folders), options, tmp_path)
    assert set(histograms.loc[histograms["variant"] == "hem", "kind"]) == {"ood"}


def test_no_clean_prediction_says_what_to_set(inputs, options, tmp_path):
    cell = "tiny-mlp-ce-s0"
    folder = tmp_path / "only-ood"
    _write_prediction(folder, {"ood.blobs": _logits(0)})
    folders = {**inputs.folders, f"predict.main.{cell}": folder}
    with pytest.raises(InputError, match=r"tiny-mlp-ce-s0.*clean: true"):
        compute(replace(inputs, folders=folders), options)


def test_a_diverged_network_gives_nan_and_leaves_the_others_alone(inputs, options, tmp_path):
    whole, _ = _frames(inputs, options, tmp_path)
    cell = "tiny-mlp-hem-s0"
    predictions = {
        name: value if name == "labels" else value * np.float32("nan") for name, value in _predictions(2).items()
    }
    folder = tmp_path / "diverged"
    _write_prediction(folder, predictions)
    folders = {**inputs.folders, f"predict.main.{cell}": folder}
    attacked = folders[f"attack.autoattack-Linf.{cell}"]
    arrays(_attacked(2) | {"clean_logits": _logits(2)[INDEX] * np.float32("nan")})(attacked / "attack.npz")
    metrics, _ = _frames(replace(inputs, folders=folders), options, tmp_path)
    assert metrics.loc[metrics["variant"] == "hem", "value"].isna().all()
    others = metrics["variant"] != "hem"
    pd.testing.assert_frame_equal(metrics[others], whole[others])


def test_no_right_clean_sample_leaves_dar_open_and_the_rest_defined(inputs, options, tmp_path):
    cell = "tiny-mlp-hem-s0"
    predictions = _predictions(2)
    predictions["clean"] = np.eye(4, dtype=np.float32)[(LABELS + 1) % 4]
    folder = tmp_path / "wrong"
    _write_prediction(folder, predictions)
    metrics, _ = _frames(
        replace(inputs, folders={**inputs.folders, f"predict.main.{cell}": folder}), options, tmp_path
    )
    of_cell = metrics[metrics["variant"] == "hem"].set_index("metric")["value"]
    assert of_cell["dar"].isna().all()
    assert of_cell["acceptance_threshold"].isna().all()
    assert of_cell.drop(["dar", "acceptance_threshold"]).notna().all()


def test_a_metric_that_asks_for_what_is_not_there_is_refused(inputs, options):
    def strange(weights):
        return 0.0

    broken = replace(inputs, plugins={**inputs.plugins, "metric.strange": strange})
    rules = {"strange": {"measured_on": ["clean"], "scores": []}}
    with pytest.raises(PluginError, match=r"'strange' asks for 'weights'.*correct, labels, predicted"):
        compute(broken, options | {"metrics": rules})
    rules = {"auroc": {"measured_on": ["clean"], "scores": None}}
    with pytest.raises(PluginError, match="'auroc' asks for 'known'"):
        compute(inputs, options | {"metrics": rules})


@pytest.mark.parametrize("diverged", [False, True])
def test_labels_and_scores_give_the_numbers_that_logits_give(inputs, options, tmp_path, diverged):
    """Where a group's logits would take too much, ``predict_scores`` keeps these instead."""
    scores = {"mls": mls, "msp": msp}
    for seed, cell in enumerate(sorted(CELLS)):
        logits = _predictions(seed)
        if diverged and seed == 1:
            logits["clean"] = logits["clean"] * np.float32("nan")
        labels = logits.pop("labels")
        folder = inputs.folders[f"predict.main.{cell}"]
        arrays({**logits, "labels": labels})(folder / "predictions.npz")
    before = _read(compute(inputs, options), tmp_path / "before")
    for cell in CELLS:
        folder = inputs.folders[f"predict.main.{cell}"]
        logits = read_arrays(folder / "predictions.npz")
        kept = {"labels": logits.pop("labels")}
        for name, values in logits.items():
            kept |= {f"{name}{end}": part for end, part in labels_and_scores(values, scores).items()}
        arrays(kept)(folder / "predictions.npz")
    after = _read(compute(inputs, options), tmp_path / "after")
    assert before.keys() == after.keys()
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[name], check_exact=True)
    assert before["metrics"]["value"].isna().any() == diverged


def _read(contents, folder):
    folder.mkdir()
    for name, content in contents.items():
        content(folder / name)
    return {name.removesuffix(".parquet"): read_frame(folder / name) for name in contents}
