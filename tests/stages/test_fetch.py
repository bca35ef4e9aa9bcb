from __future__ import annotations

import pytest

from hembench.core.errors import DataError
from hembench.datasets import digits
from hembench.stages.api import Inputs
from hembench.stages.fetch import compute


def test_fills_the_raw_folder_and_writes_nothing_itself(tmp_path):
    inputs = Inputs(plugins={"fetch": digits.fetch}, raw=tmp_path / "digits")
    assert compute(inputs, {"dataset": "digits"}) == {}
    assert (tmp_path / "digits" / "digits.csv.gz").is_file()


def test_a_failure_of_the_data_set_is_passed_on(tmp_path):
    def fetch(folder):
        raise DataError("no connection")

    with pytest.raises(DataError, match="no connection"):
        compute(Inputs(plugins={"fetch": fetch}, raw=tmp_path), {"dataset": "digits"})
