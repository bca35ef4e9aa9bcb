import argparse
import json

import pytest

from hembench.commands import table


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


def test_other_tables_are_refused(capsys):
    parser = argparse.ArgumentParser()
    table.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["3"])
    assert "invalid choice" in capsys.readouterr().err
