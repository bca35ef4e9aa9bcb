"""Names that would mean something to a shell, a path or Snakemake are refused before anything is planned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.commands._refusals import refuse_braces
from hembench.core.errors import ConfigError
from hembench.plan.study import parse

HOSTILE = ["a{cell}", "a*", "a/b", "../a", "", "a b", "a;b", "$HOME", "a\nb", "-a", "A\u0301", ".", "a\n"]


@pytest.fixture
def demo(project: Path) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((project / "config" / "demo.yaml").read_text())
    return config


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["study", "losses", "networks", "datasets", "group", "attack"])
def test_a_hostile_name_is_refused(demo: dict[str, Any], place: str, name: str) -> None:
    parse(demo)
    match place:
        case "study":
            demo["study"] = name
        case "losses":
            demo["losses"][name] = {"loss": "hem"}
        case "networks" | "datasets":
            demo[place][name] = next(iter(demo[place].values()))
        case "group":
            demo["evaluate"]["predict"][name] = {"clean": True}
        case "attack":
            demo["evaluate"]["attacks"][0]["label"] = name
    with pytest.raises(ConfigError) as refused:
        parse(demo)
    assert "lower-case letters, digits and underscores" in str(refused.value)


@pytest.mark.parametrize("path", ["/data/{user}/results", "/data/a}/results", "{"])
def test_a_folder_that_snakemake_takes_for_a_pattern_is_refused(path: str) -> None:
    refuse_braces(Path("/data/with space & 'quotes'/results"))
    with pytest.raises(ConfigError, match="takes braces in a path for a wildcard"):
        refuse_braces(Path("/data"), Path(path))
