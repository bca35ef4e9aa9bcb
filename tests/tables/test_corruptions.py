from __future__ import annotations

import pandas as pd
import pytest

from hembench.tables.corruptions import tabulate


def several(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the metrics with two more corruptions, 0.04 and 0.08 below blur."""
    blur = metrics[metrics["kind"] == "corruption"]
    more = [blur.assign(set=name, value=blur["value"] - by) for name, by in (("fog", 0.04), ("snow", 0.08))]
    return pd.concat([metrics, *more], ignore_index=True)


def listed(**parts: list[str]) -> pd.DataFrame:
    rows = [("d-n", part, member) for part, members in parts.items() for member in members]
    return pd.DataFrame(rows, columns=["condition", "part", "set"])


def test_each_severity_apart_and_their_mean(metrics: pd.DataFrame, parts: pd.DataFrame) -> None:
    table = tabulate(metrics, parts)
    ce = table[table["variant"] == "ce"].set_index("severity")["mean"]
    assert ce.to_dict() == pytest.approx({"severity 1": 82.0, "severity 2": 62.0, "all severities": 72.0})
    assert set(table["set"]) == {"blur"}


def test_each_set_and_each_part_of_one_has_its_mean(metrics: pd.DataFrame) -> None:
    table = tabulate(several(metrics), listed(whole=["blur", "fog", "snow"], part=["blur", "fog"]))
    ce = table[(table["variant"] == "ce") & (table["severity"] == "all severities")].set_index("set")["mean"]
    assert ce.to_dict() == pytest.approx(
        {"blur": 72.0, "fog": 68.0, "snow": 64.0, "whole (3)": 68.0, "part (2)": 70.0}
    )
    assert set(table.loc[table["set"] == "part (2)", "n"]) == {2}


def test_a_network_that_lacks_a_member_has_no_mean_of_the_set(metrics: pd.DataFrame) -> None:
    whole = several(metrics)
    lacking = (whole["set"] == "snow") & (whole["variant"] == "ce") & (whole["seed"] == 1)
    found = tabulate(whole[~lacking], listed(whole=["blur", "fog", "snow"], part=["blur", "fog"]))
    n = found[found["severity"] == "all severities"].set_index(["variant", "set"])["n"]
    assert (n["ce", "whole (3)"], n["ce", "part (2)"], n["hem", "whole (3)"]) == (1, 2, 2)


def test_one_severity_is_its_own_mean(metrics: pd.DataFrame, parts: pd.DataFrame) -> None:
    one = metrics[metrics["severity"] != 2]
    assert set(tabulate(one, parts)["severity"]) == {"severity 1"}
