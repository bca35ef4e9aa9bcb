import argparse
import json

import pytest

from hembench.commands import table
from hembench.core.errors import ConfigError


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, number: str = "1") -> str:
    parser = argparse.ArgumentParser()
    table.add_arguments(parser)
    assert table.run(parser.parse_args([number, *arguments])) == 0
    return capsys.readouterr().out


def disagreeing(rows: list[dict]) -> list[tuple[int, str]]:
    return [
        (number, name)
        for number, (row, printed) in enumerate(zip(rows, table.PRINTED, strict=True), start=1)
        for name, paper in zip(table.COLUMNS, printed, strict=True)
        if not table.agrees(row[name], paper)
    ]


def test_all_24_cells_agree_at_power_one_half(capsys):
    rows = json.loads(printed(capsys, "--json"))
    assert [list(row) for row in rows] == [["logits", "ce", "ln", "mm", "hem"]] * 6
    assert disagreeing(rows) == []


def test_power_one_fails(capsys):
    rows = json.loads(printed(capsys, "--json", "--power", "1"))
    assert disagreeing(rows) == [
        *((3, "mm"), (3, "hem"), (4, "mm"), (4, "hem"), (5, "mm"), (5, "hem"), (6, "mm"), (6, "hem"))
    ]


def test_readable_table_marks_what_differs(capsys):
    good = printed(capsys)
    assert "24 of 24 cells agree" in good
    assert "0.6, 0.5, 0, -0.7" in good
    assert "!" not in good.split("\n\n")[1]
    bad = printed(capsys, "--power", "1")
    assert "16 of 24 cells agree" in bad
    assert bad.split("\n\n")[1].count("!") == 8


def test_networks_have_the_papers_parameters_but_for_what_is_explained(capsys):
    rows = json.loads(printed(capsys, "--json", number="2"))
    assert len(rows) == 15
    differing = {(row["dataset"], row["network"]): row for row in rows if not row["agrees"]}
    assert {of: row["parameters"] - row["paper"] for of, row in differing.items()} == {
        ("mnist", "lenet"): -2,
        ("cifar100", "resnet18"): 46_170,
        ("tiny_imagenet", "resnet18"): 97_470,
    }
    assert all(row["note"] for row in differing.values())
    assert sum(row["unused"] for row in rows) == 1_179_232 + 1_640_672 + 143_904


def test_readable_networks(capsys):
    found = printed(capsys, number="2")
    assert "12 of 15 agree" in found
    assert found.count("!") == 1 + 3, "the heading and what differs"
    assert "cifar10        wrn22_10           26,797,914   27,977,146  the paper counts 1,179,232" in found


def test_networks_of_a_study_with_the_papers_numbers_where_it_has_any(capsys):
    rows = {
        (row["dataset"], row["network"]): row for row in json.loads(printed(capsys, "smoke", "--json", number="2"))
    }
    assert len(rows) == 17, "long-tailed CIFAR10 shares ResNet32's row, digits have two of their own"
    lenet = rows["mnist", "lenet"]
    assert (lenet["parameters"], lenet["paper"], lenet["agrees"]) == (20_192, 20_194, False)
    made = rows["tiny_imagenet_made", "wrn28_10"]
    assert (made["paper"], made["agrees"], made["note"]) == (None, None, ""), "five classes: another network"
    found = printed(capsys, "smoke", number="2")
    assert "2 of 3 agree" in found
    assert "The paper has 15 networks; 12 of them are not here." in found
    assert sum(line.endswith(" -") for line in found.splitlines()) == len(rows) - 3


def test_a_study_is_for_table_2_alone_and_has_to_be_there(capsys):
    with pytest.raises(ConfigError, match="takes no study"):
        printed(capsys, "smoke")
    with pytest.raises(ConfigError, match="Did you mean 'smoke'"):
        printed(capsys, "smok", number="2")


def test_other_tables_are_refused(capsys):
    parser = argparse.ArgumentParser()
    table.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["3"])
    assert "invalid choice" in capsys.readouterr().err
