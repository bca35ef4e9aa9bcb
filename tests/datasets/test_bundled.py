"""Files that scikit-learn carries."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from hembench.core.errors import DataError
from hembench.datasets import _bundled, digit_scenes, digits


@pytest.mark.parametrize("dataset", [digits, digit_scenes])
def test_every_file_is_taken(dataset, tmp_path):
    dataset.fetch(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(dataset.FILES)


def test_without_scikit_learn_it_says_what_to_do(tmp_path, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_bundled, "distribution", missing)
    with pytest.raises(DataError, match=r"^digits\.csv\.gz: not found.*Install scikit-learn"):
        digits.fetch(tmp_path)


def test_another_file_of_scikit_learn_is_refused(tmp_path, monkeypatch):
    data = tmp_path / "sklearn" / "datasets" / "data"
    data.mkdir(parents=True)
    (data / "digits.csv.gz").write_bytes(b"another edition")

    class Distribution:
        def locate_file(self, path):
            return tmp_path / path

    monkeypatch.setattr(_bundled, "distribution", lambda name: Distribution())
    with pytest.raises(DataError, match=r"carries other data.*requirements\.lock"):
        digits.fetch(tmp_path / "digits")
    assert not (tmp_path / "digits").exists()
