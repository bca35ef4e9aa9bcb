"""A changed study makes stale exactly the results that it means something else for, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Project

STUDY = "config/tiny.yaml"
PAGES = ("table/*", "figure/*", "report/*", "publish")
NUMBERS = ("evaluate/*", *PAGES)


class Edit(NamedTuple):
    """An edit of the study, and patterns of the results that it makes stale."""

    old: str
    new: str
    stale: tuple[str, ...]


EDITS = {
    # nothing: it says the same
    "comments": Edit("seeds: [0, 1]", "# seeds\nseeds: [0, 1]  # of each cell", ()),
    "the order of losses": Edit("  ce: {}\n  hem: {}\n", "  hem: {}\n  ce: {}\n", ()),
    "the order of networks": Edit(
        "  mlp_tiny: {network: mlp, width: 8, depth: 1}\n  convnet_tiny: {network: convnet, channels: 4}\n",
        "  convnet_tiny: {channels: 4, network: convnet}\n  mlp_tiny: {depth: 1, width: 8, network: mlp}\n",
        (),
    ),
    "labels that are the plug-in's name": Edit(
        "losses:\n",
        "datasets: {digits: {imbalance: 1}}\nood: {uniform: {}}\ncorruptions: {noise: {}}\nlosses:\n",
        (),
    ),
    "numbers written in another way": Edit("learning_rate: 0.1", "learning_rate: 1.0e-1", ()),
    # exactly these
    "an option of one variant": Edit(
        "hem: {}", "hem: {power: 0.5}", ("train/*-hem-*", "predict/*-hem-*", "attack/*-hem-*", *NUMBERS)
    ),
    "an option of one network": Edit(
        "width: 8",
        "width: 9",
        ("train/*-mlp_*", "predict/*-mlp_*", "attack/*-mlp_*", "evaluate/*-mlp_*", *PAGES),
    ),
    "two swapped values": Edit(
        "images: 4, shard: 2, queries: 5, steps: 2",
        "images: 4, shard: 2, queries: 2, steps: 5",
        ("attack/*", *NUMBERS),
    ),
    "a longer list of seeds": Edit(
        "seeds: [0, 1]", "seeds: [0, 1, 2]", ("train/*-s2", "predict/*-s2-main", "attack/*-s2-*", *NUMBERS)
    ),
    "a shorter list of seeds": Edit("seeds: [0, 1]", "seeds: [0]", NUMBERS),
    "one more loss": Edit(
        "  ce: {}\n", "  ce: {}\n  mm: {}\n", ("train/*-mm-*", "predict/*-mm-*", "attack/*-mm-*", *NUMBERS)
    ),
    "the recipe": Edit("epochs: 1", "epochs: 2", ("train/*", "predict/*", "attack/*", *NUMBERS)),
    "size of the OOD sets": Edit("ood_images: 20", "ood_images: 21", ("prepare/*-ood-*", "predict/*", *NUMBERS)),
    "one more OOD set": Edit("[uniform]", "[uniform, phase]", ("prepare/*-ood-phase", "predict/*", *NUMBERS)),
    "the budget of the attack": Edit("eps: 0.5", "eps: 0.4", ("attack/*", *NUMBERS)),
    "fewer scores": Edit("evaluate:\n", "evaluate:\n  scores: [msp]\n", NUMBERS),
    "an order for people": Edit("study: tiny\n", "study: tiny\norder: [hem, ce]\n", PAGES),
    "a title": Edit("study: tiny\n", "study: tiny\ntitle: Tiny\n", ("report/*", "publish")),
    "one figure less": Edit(
        "study: tiny\n", "study: tiny\nfigures: [summary, severity]\n", ("report/*", "publish")
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_changed_study_makes_stale_exactly(pretended: Project, name: str) -> None:
    pretended.edit(STUDY, EDITS[name].old, EDITS[name].new)
    assert pretended.would_make() == pretended.matching(*EDITS[name].stale)


def test_defaults_written_out(pretended: Project) -> None:
    for old, new in {
        "hem: {}": "hem: {loss: hem, margin: null, margin_constant: 2000, power: 1}",
        "channels: 4}": "channels: 4, pooled: 3}",
        "epochs: 1,": "epochs: 1, precision: float32, schedule: {milestones: []},",
        "images: 4,": "images: 4, label: autoattack_paper,",
        "main: {ood": "main: {clean: true, ood",
        "study: tiny\n": "study: tiny\ntask: classification\nfigures: [summary, severity, learning_curves]\n",
        "seeds: [0, 1]\n": "seeds: [0, 1]\ntitle: tiny\ndescription: ''\n",
    }.items():
        pretended.edit(STUDY, old, new)
    assert pretended.would_make() == set()


def test_every_mapping_in_the_opposite_order(pretended: Project) -> None:
    def reverse(value: object) -> object:
        if isinstance(value, dict):
            return {key: reverse(part) for key, part in reversed(value.items())}
        return [reverse(part) for part in value] if isinstance(value, list) else value

    path = pretended.root / STUDY
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(reverse(study), sort_keys=False), encoding="utf-8")
    assert list(yaml.safe_load(path.read_text(encoding="utf-8"))) == list(reversed(study))
    assert pretended.would_make() == set()


def test_where_results_lie_is_no_part_of_a_key(pretended: Project) -> None:
    keys = set(pretended.plan())
    pretended.edit(STUDY, "study: tiny\n", "study: tiny\nresults: elsewhere\ndata_root: raw\n")
    assert pretended.plan() == dict.fromkeys(keys, "missing"), "same keys, in an empty folder"


REFUSED = {
    "a misspelt key": ("study: tiny\n", "study: tiny\ndescripton: words\n", "description"),
    "a misspelt key of a section": ("ood_images", "odd_images", "ood_images"),
    "a misspelt option of a loss": ("hem: {}", "hem: {powr: 0.5}", "power"),
    "a misspelt option of an attack": ("queries: 5", "querys: 5", "queries"),
    "a misspelt key of a recipe": ("epochs: 1", "epoch: 1", "epochs"),
    "a misspelt data-set": ("dataset: digits", "dataset: digitz", "digits"),
    "an unused label": ("losses:\n", "ood: {uniforn: {ood: uniform}}\nlosses:\n", "uniform"),
    "an unused recipe": ("recipes:\n", "recipes:\n  one_epok: {}\n", "one_epoch"),
    "a key of a later version": ("study: tiny\n", "study: tiny\nstrategies: []\n", "strategies"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_means_nothing_is_refused_before_anything_is_written(pretended: Project, name: str) -> None:
    old, new, meant = REFUSED[name]
    pretended.edit(STUDY, old, new)
    before = sorted((pretended.root / "results").rglob("*"))
    refused = pretended.hembench("plan", "tiny", check=False)
    assert refused.returncode == 2
    assert meant in refused.stderr
    assert "Traceback" not in refused.stderr
    assert sorted((pretended.root / "results").rglob("*")) == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ood_images", "odd_images", "tiny.yaml: unknown key 'evaluate.odd_images'. Did you mean 'ood_images'?"),
        ("study: tiny\n", "study: tiny\nseeds: [9]\n", "the key 'seeds' is in line 2 already. Keep one of them."),
    ],
)
def test_snakemake_says_the_same_before_anything_is_written(
    pretended: Project, old: str, new: str, words: str
) -> None:
    """Of a key that stands twice it would take the last."""
    pretended.edit(STUDY, old, new)
    before = sorted((pretended.root / "results").rglob("*"))
    refused = pretended.snakemake(check=False)
    said = refused.stdout + refused.stderr
    assert refused.returncode == 1
    assert words in said
    assert sorted((pretended.root / "results").rglob("*")) == before


def test_a_misspelt_key_that_is_required_is_named(pretended: Project) -> None:
    pretended.edit(STUDY, "seeds: [0, 1]", "sedes: [0, 1]")
    assert "'sedes'. Did you mean 'seeds'?" in pretended.hembench("plan", "tiny", check=False).stderr
