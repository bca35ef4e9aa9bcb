from __future__ import annotations

import pytest

from hembench.figures._layout import broken


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("mnist-lenet", ["mnist-lenet"]),
        ("split_mnist-si-task-mlp", ["split_mnist-", "si-task-mlp"]),
        ("a-very_long_part_without_any_hyphen", ["a-", "very_long_part_without_any_hyphen"]),
        ("", [""]),
    ],
)
def test_a_long_name_is_broken_behind_hyphens_and_none_of_it_is_lost(name: str, lines: list[str]) -> None:
    found = broken(name, room=1.3, character=0.1)
    assert found.split("\n") == lines
    assert found.replace("\n", "") == name
