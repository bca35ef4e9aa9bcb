from __future__ import annotations

import itertools

import pandas as pd

from hembench.commands.show import _lines

CONDITIONS = ["zebra-lenet", "apes-lenet"]
VARIANTS = ["ce", "hem", "dice"]
LABELS = ["Clean accuracy", "Corruption accuracy", "AUROC (MSP)", "AUROC (log-MSP)", "AUROC (MLS)", "DAR (MSP)"]


def table(cells: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Return a table with 50, 51, ... as means."""
    rows = [(*cell, 50.0 + number, 0.5) for number, cell in enumerate(cells)]
    return pd.DataFrame(rows, columns=["condition", "variant", "label", "mean", "sd"])


def test_conditions_and_variants_come_in_the_study_s_order_whatever_the_table_s() -> None:
    frame = table(list(itertools.product(CONDITIONS, VARIANTS, LABELS))).sample(frac=1.0, random_state=0)
    lines = [line.split() for line in "\n".join(_lines(frame, CONDITIONS, VARIANTS, 200)).splitlines()]
    firsts = [line[0] for line in lines if line and line[0] in CONDITIONS + VARIANTS]
    assert firsts == ["zebra-lenet", *VARIANTS, "apes-lenet", *VARIANTS]
    numbers = next(line for line in lines if line and line[0] == "ce")
    assert [word for word in numbers[1:] if not word.startswith("±")][::2] == [f"{50 + n}.00" for n in range(6)]


def test_a_narrow_screen_gets_blocks_and_no_number_is_lost() -> None:
    frame = table(list(itertools.product(CONDITIONS, VARIANTS, LABELS)))
    for width in (30, 80, 200):
        shown = "\n".join(_lines(frame, CONDITIONS, VARIANTS, width))
        assert max(len(line) for line in shown.splitlines()) <= width
        assert all(f"{mean:.2f} ± 0.50" in shown for mean in frame["mean"])


def test_what_was_not_measured_is_a_dash_and_a_variant_without_numbers_no_row() -> None:
    frame = table([("zebra-lenet", "ce", LABELS[0]), ("zebra-lenet", "hem", LABELS[1])])
    lines = [line.split() for line in _lines(frame, ["zebra-lenet"], VARIANTS, 80)]
    assert lines[-2:] == [["ce", "50.00", "±", "0.50", "-"], ["hem", "-", "51.00", "±", "0.50"]]
