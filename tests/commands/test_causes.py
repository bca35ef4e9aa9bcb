from __future__ import annotations

from hembench.commands._causes import lines
from hembench.plan.difference import Change

POWER = Change("option", "loss.options.power", 1.0, 0.5)


def test_an_option_has_both_values_and_a_definition_no_hashes() -> None:
    edited = Change("code", "hembench.losses.hem.margin_of", "0f82", "91ab")
    assert lines([POWER, edited]) == [
        "option  loss.options.power: 1.0 -> 0.5",
        "code    hembench.losses.hem.margin_of: edited",
    ]


def test_what_an_option_brings_along_is_left_out() -> None:
    followers = [
        Change("code", "hembench.networks.convnet.build", None, "1"),
        Change("code", "hembench.networks.mlp.build", "2", None),
        Change("option", "config", "study: a", "study: b"),
        Change("option", "variants", [{"a": 1}], [{"a": 2}]),
    ]
    assert lines([*followers, POWER]) == lines([POWER])


def test_what_usually_follows_is_told_where_it_is_all_there_is() -> None:
    assert lines([Change("option", "variants", ["ce", "hem"], ["hem", "ce"])]) == [
        'option  variants: ["ce", "hem"] -> ["hem", "ce"]'
    ]
    assert lines([Change("code", "a.b", None, "1")]) == ["code    a.b: new"]


def test_new_and_gone_cells_are_one_line_each_with_nothing_of_what_they_bring() -> None:
    changes = [
        Change("option", f"cells.net-hem-s{seed}.{part}", None, part)
        for seed in range(6)
        for part in ("loss", "seed", "variant")
    ]
    changes += [Change("option", "cells.net-ce-s9.seed", 9, None)]
    changes += [Change("input", f"predict.main.net-hem-s{seed}", None, "0123") for seed in range(6)]
    changes += [Change("option", "config", "study: a", "study: b")]
    assert lines(changes) == [
        "option  cells: new net-hem-s0, net-hem-s1, net-hem-s2, net-hem-s3, and 2 more",
        "option  cells: gone net-ce-s9",
    ]


def test_a_list_says_what_it_gained_and_lost() -> None:
    assert lines([Change("option", "scores", ["energy", "msp"], ["msp", "mls"])]) == [
        'option  scores: now without "energy", with "mls"'
    ]


def test_other_files_are_told_once() -> None:
    changes = [
        Change("code", "hembench.datasets.digits.FILES", "1", "2"),
        Change("data", "files.digits.csv.gz", "a", "b"),
    ]
    assert lines(changes) == ['data    files.digits.csv.gz: "a" -> "b"']
    assert lines(changes[:1]) == ["code    hembench.datasets.digits.FILES: edited"]
