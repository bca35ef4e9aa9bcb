"""What people ask: why a result is stale, what an edit costs, where a result is, and how one is taken over."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from conftest import Project

CELL = "digits-mlp_tiny-one_epoch-hem-s0"


def why(project: Project, *target: str) -> dict[str, Any]:
    document = json.loads(project.hembench("why", *target, "--study", "tiny", "--json").stdout)
    assert document.keys() == {"target", "key", "nearest", "changed"}
    return document


def against(project: Project, *reference: str) -> dict[str, Any]:
    return json.loads(project.hembench("plan", "tiny", "--against", *reference, "--json").stdout)


def causes(document: dict[str, Any]) -> list[tuple[str, str]]:
    assert all(change.keys() == {"kind", "name", "was", "is"} for change in document["changed"])
    return [(change["kind"], change["name"]) for change in document["changed"]]


@pytest.mark.parametrize(
    "target", [(CELL, "train"), (f"{CELL}-main", "predict"), ("tiny-summary", "figure"), ("tiny", "report")]
)
def test_why_follows_inputs_down_to_the_edited_definition(pretended: Project, target: tuple[str, str]) -> None:
    assert why(pretended, *target)["changed"] == []
    pretended.edit_inside("src/hembench/losses/_selective.py", "_errors")
    document = why(pretended, *target)
    assert causes(document) == [("code", "hembench.losses._selective._errors")]
    (change,) = document["changed"]
    assert change["was"] != change["is"]
    cell, stage = target
    made = {path.name for path in (pretended.results / stage / cell).iterdir()}
    assert document["nearest"] in made
    assert document["key"] not in made
    assert document["target"] == f"{stage}/{cell}/{document['key']}"


def test_why_names_an_option_with_both_values(pretended: Project) -> None:
    pretended.edit("config/tiny.yaml", "hem: {}", "hem: {power: 0.5}")
    for target in ((CELL, "train"), ("digits-mlp_tiny-one_epoch", "evaluate")):
        document = why(pretended, *target)
        assert document["changed"] == [{"kind": "option", "name": "loss.options.power", "was": 1.0, "is": 0.5}]


def test_why_names_the_raw_data(pretended: Project) -> None:
    pretended.edit("src/hembench/datasets/digits.py", '"09f66e6d', '"19f66e6d')
    assert ("data", "files.digits.csv.gz") in causes(why(pretended, CELL, "train"))


def test_why_compares_with_the_nearest_result_and_takes_a_path(pretended: Project) -> None:
    pretended.edit("config/tiny.yaml", "hem: {}", "hem: {power: 0.5, margin: 3}")
    pretended.pretend()
    pretended.edit("config/tiny.yaml", "margin: 3", "margin: 4")
    target = why(pretended, CELL, "train")["target"]
    for given in (target, f"results/{target}", f"results/{target}/done"):
        document = why(pretended, given)
        assert document["changed"] == [{"kind": "option", "name": "loss.options.margin", "was": 3.0, "is": 4.0}]


def test_why_of_a_result_that_was_never_made(tiny: Project) -> None:
    document = why(tiny, CELL, "train")
    assert (document["nearest"], document["changed"]) == (None, [])
    misspelt = tiny.hembench("why", CELL.replace("hem", "hen"), "train", "--study", "tiny", check=False)
    assert misspelt.returncode == 2
    assert f"Did you mean '{CELL}'?" in misspelt.stderr


def test_the_price_of_an_edit_is_what_snakemake_would_make(pretended: Project) -> None:
    assert against(pretended, "HEAD")["stale"] == []
    pretended.edit_inside("src/hembench/losses/_selective.py", "_errors")
    document = against(pretended, "HEAD")
    stale = {f"{job['stage']}/{job['cell']}" for job in document["stale"]}
    assert stale | {"publish"} == pretended.would_make()
    assert causes(document) == [("code", "hembench.losses._selective._errors")]
    assert document["kept"] == len(pretended.plan()) - len(stale)
    assert document["cost"]["jobs"] == len(stale)
    assert document["cost"]["estimated_jobs"] == 0

    shown = pretended.hembench("plan", "tiny", "--against", "HEAD").stdout
    assert "hembench.losses._selective._errors" in shown
    assert f"{len(stale)} are other ones" in shown
    pretended.git("commit", "--quiet", "--all", "--message=edited")
    assert against(pretended, "HEAD")["stale"] == []
    assert {f"{job['stage']}/{job['cell']}" for job in against(pretended, "HEAD~1")["stale"]} == stale


def test_the_price_of_new_cells_and_of_some_that_are_gone(pretended: Project) -> None:
    pretended.edit("config/tiny.yaml", "seeds: [0, 1]", "seeds: [0, 2]")
    document = against(pretended, "HEAD")
    assert {job["cell"] for job in document["stale"] if job["stage"] == "train"} == {
        name.removeprefix("train/") for name in pretended.would_make() if name.startswith("train/")
    }
    assert {job["cell"][-2:] for job in document["gone"] if job["stage"] == "train"} == {"s1"}
    assert ("option", f"new: train {CELL.replace('s0', 's2')}") in causes(document)


@pytest.fixture
def judged(pretended: Project) -> Project:
    """Return a committed copy whose study has one loss more and judges the paper's claims."""
    pretended.edit("config/tiny.yaml", "  hem: {}\n", "  hem: {}\n  mm: {}\n")
    pretended.edit("config/tiny.yaml", "evaluate:\n", "claims: {margin: 1.0}\nevaluate:\n")
    pretended.git("commit", "--quiet", "--all", "--message=claims are judged")
    return pretended


@pytest.mark.parametrize(
    ("file", "old", "new", "in_it", "not_in_it"),
    [
        # the paper's S8 is on MM against CE, S4 on HEM against CE under attack, S1 the same on accuracy
        ("src/hembench/losses/mm.py", "ratio(total", "ratio(1 * total", {"S2", "S8"}, {"S1", "S3", "S4"}),
        ("config/tiny.yaml", "eps: 0.5", "eps: 0.4", {"S4", "S6"}, {"S1", "S2", "S8"}),
        ("config/tiny.yaml", "seeds: [0, 1]", "seeds: [0]", {"S1", "S4", "S8"}, {"L1"}),
        ("config/tiny.yaml", "margin: 1.0", "margin: 2.0", {"S1", "S4", "S8"}, {"L1"}),
        ("src/hembench/scores/msp.py", "return confidence", "return 1.0 * confidence", {"S1", "S4", "S8"}, {"L1"}),
    ],
    ids=["a loss", "an attack", "fewer seeds", "the rule", "a score"],
)
def test_an_edit_names_the_claims_that_it_changes(
    judged: Project, file: str, old: str, new: str, in_it: set[str], not_in_it: set[str]
) -> None:
    assert against(judged, "HEAD")["claims"] == []
    judged.edit(file, old, new)
    document = against(judged, "HEAD")
    found = set(document["claims"])
    assert in_it <= found
    assert not not_in_it & found
    drawn = {job["cell"] for job in document["stale"] if job["stage"] in ("table", "figure")}
    assert {f"tiny-{name}" for name in document["tables"] + document["figures"]} == drawn
    words = judged.hembench("plan", "tiny", "--against", "HEAD").stdout
    assert f"  claims    {', '.join(document['claims'])}\n" in words
    assert ("  figures   " in words) is bool(document["figures"])


def test_a_condition_that_is_gone_takes_its_claims_along(judged: Project) -> None:
    judged.edit("config/tiny.yaml", "  - {dataset: digits, network: convnet_tiny, recipe: one_epoch}\n", "")
    judged.edit("config/tiny.yaml", "  convnet_tiny: {network: convnet, channels: 4}\n", "")
    assert {"S1", "S8"} <= set(against(judged, "HEAD")["claims"])


def test_a_loss_of_one_s_own_in_a_study_of_one_s_own_shows_its_trainings_and_touches_no_other(
    pretended: Project, project: Path
) -> None:
    """Neither is in a commit: docs/adding.md, followed to the letter."""
    text = (project / "docs/adding.md").read_text(encoding="utf-8")
    loss = re.search(r"`(src/hembench/losses/poly.py)`:\n\n```python\n(.*?)```", text, flags=re.DOTALL)
    study = re.search(r"`(config/mine.yaml)`:\n\n```yaml\n(.*?)```", text, flags=re.DOTALL)
    for found in (loss, study):
        assert found is not None
        (pretended.root / found[1]).write_text(found[2], encoding="utf-8")
    document = json.loads(pretended.hembench("plan", "mine", "--against", "HEAD", "--json").stdout)
    trainings = {job["cell"] for job in document["stale"] if job["stage"] == "train"}
    assert trainings == {f"digits-mlp-{loss}-s{seed}" for loss in ("poly", "poly_2") for seed in (0, 1, 2)}
    assert {job["stage"] for job in document["stale"]} >= {"predict", "evaluate", "report"}
    assert document["gone"] == []
    assert sorted(causes(document)) == [("option", f"new: train {cell}") for cell in sorted(trainings)]
    words = pretended.hembench("plan", "mine", "--against", "HEAD").stdout
    assert (
        "  option  new: train digits-mlp-poly-s0, digits-mlp-poly-s1, digits-mlp-poly-s2, digits-mlp-poly_2-s0, "
        in words
    )


def test_a_reference_that_is_no_commit_is_refused(pretended: Project) -> None:
    refused = pretended.hembench("plan", "tiny", "--against", "no_such_branch", check=False)
    assert refused.returncode == 2
    assert "no_such_branch" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_path_says_where_results_are_and_which_are_not_made(pretended: Project) -> None:
    (training,) = (pretended.results / "train" / CELL).iterdir()
    assert pretended.hembench("path", CELL, "train", "--study", "tiny").stdout.strip() == str(training)
    shutil.rmtree(training)
    rows = pretended.hembench("path", CELL, "--study", "tiny", "--json", check=False)
    assert rows.returncode == 1, "one of them does not exist"
    assert {(row["stage"], row["exists"]) for row in json.loads(rows.stdout)} == {
        ("train", False),
        ("predict", True),
        ("attack", True),
    }
    assert "(not made yet)" in pretended.hembench("path", CELL, "--study", "tiny", check=False).stdout


def test_path_and_why_find_what_a_cell_s_name_goes_on_to(pretended: Project) -> None:
    (prediction,) = (pretended.results / "predict" / f"{CELL}-main").iterdir()
    assert pretended.hembench("path", CELL, "predict", "--study", "tiny").stdout.strip() == str(prediction)
    assert why(pretended, CELL, "predict")["target"] == f"predict/{CELL}-main/{prediction.name}"
    condition = CELL.rpartition("-hem-")[0]
    several = pretended.hembench("path", condition, "train", "--study", "tiny").stdout.splitlines()
    assert {line.split("/")[-2] for line in several} == {
        f"{condition}-{loss}-s{seed}" for loss in ("ce", "hem") for seed in (0, 1)
    }
    asked = pretended.hembench("why", condition, "train", "--study", "tiny", check=False)
    assert asked.returncode == 2
    assert f"are 4 results, name one: {condition}-ce-s0, {condition}-ce-s1" in asked.stderr
    assert pretended.hembench("path", CELL[:-1], "predict", "--study", "tiny", check=False).returncode == 2


def test_a_renamed_variable_is_stale_and_adopt_takes_the_results_over(pretended: Project) -> None:
    pretended.edit("src/hembench/losses/hem.py", "    samples = sum(", "    total = sum(")
    pretended.edit("src/hembench/losses/hem.py", "constant / samples", "constant / total")
    pretended.edit("src/hembench/losses/hem.py", "(samples / num", "(total / num")
    stale = pretended.would_make()
    assert pretended.matching("train/*-hem-*", "report/*") <= stale
    assert not stale & pretended.matching("train/*-ce-*")
    too_early = pretended.hembench("adopt", "predict", "--because", "x", "--study", "tiny", check=False)
    assert too_early.returncode == 1, "its trainings come first"

    reason = "renamed a variable of hem, same numbers"
    for stage in ("train", "predict", "attack"):
        pretended.hembench("adopt", stage, "--because", reason, "--study", "tiny")
    left = {name for name in stale if not name.startswith(("train/", "predict/", "attack/"))}
    assert pretended.would_make() == left
    (training,) = (path for path in pretended.plan() if path.startswith(f"train/{CELL}/"))
    manifest = json.loads((pretended.results / training / "manifest.json").read_bytes())
    assert manifest["adoption"]["because"] == reason

    for stage in ("evaluate", "table", "figure", "report"):
        pretended.hembench("adopt", stage, "--because", reason, "--study", "tiny")
    assert pretended.would_make() == {"publish"}
    pretended.git("checkout", "--quiet", ".")
    assert pretended.would_make() == set()


def test_an_option_is_added_and_adopt_takes_the_results_over_once_it_is_named(pretended: Project) -> None:
    known = "    compile: bool = Field("
    pretended.edit(
        "src/hembench/plan/recipe.py", known, f'    mixing: bool = Field(False, description="none")\n{known}'
    )
    pretended.edit("config/tiny.yaml", "epochs: 1", "epochs: 2")
    missing = pretended.missing()
    assert pretended.matching("train/*", "predict/*", "attack/*") <= missing

    def adopted(stage: str, *words: str) -> subprocess.CompletedProcess[str]:
        because = ("--because", "without mixing it is as before", "--study", "tiny")
        return pretended.hembench("adopt", stage, *because, *words, check=False)

    asked = adopted("train")
    assert asked.returncode == 1
    assert "  recipe.epochs: 1 -> 2  (8)\n  recipe.mixing: absent -> false  (8)\n" in asked.stdout
    assert asked.stdout.endswith("\n  --option recipe.epochs --option recipe.mixing\n")
    another = adopted("train", "--option", "recipe.mixing")
    assert (another.returncode, another.stdout.count("another value of recipe.epochs\n")) == (1, 8)
    assert another.stdout.endswith("\n  --option recipe.epochs\n"), "a number that did change"

    pretended.edit("config/tiny.yaml", "epochs: 2", "epochs: 1")
    missing = pretended.missing()
    assert pretended.matching("train/*") <= missing, "nothing was adopted"
    for stage, words in (("train", ("--option", "recipe.mixing")), ("predict", ()), ("attack", ())):
        assert adopted(stage, *words).returncode == 0
    missing = pretended.missing()
    assert not missing & pretended.matching("train/*", "predict/*", "attack/*")
    (training,) = (path for path in pretended.plan() if path.startswith(f"train/{CELL}/"))
    manifest = json.loads((pretended.results / training / "manifest.json").read_bytes())
    assert manifest["adoption"]["options"] == {"recipe.mixing": {"is": False}}
