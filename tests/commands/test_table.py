import argparse
import json

import pytest

from hembench.commands import table


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    parser = argparse.ArgumentParser()
    table.add_arguments(parser)
    assert table.run(parser.parse_args(["1", *arguments])) == 0
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


def test_other_tables_are_refused(capsys):
    parser = argparse.ArgumentParser()
    table.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["2"])
    assert "invalid choice" in capsys.readouterr().err
