"""Names that would mean something to a shell, a path or Snakemake are refused before anything is planned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench import cli
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


@pytest.mark.parametrize("key", ["results", "data_root"])
@pytest.mark.parametrize("value", ["x{y}", "/data/a}/b", "{", "", "a\nb", "a\0b"])
def test_a_study_s_folder_is_refused_with_file_key_value_and_what_was_expected(
    demo: dict[str, Any], key: str, value: str
) -> None:
    parse(demo | {key: "~/with space & 'quotes'/a*b"})
    with pytest.raises(ConfigError) as refused:
        parse(demo | {key: value}, "config/mine.yaml")
    assert str(refused.value).startswith(f"config/mine.yaml: {key}: {json.dumps(value)} can't be a folder here")
    assert "expected a path without braces" in str(refused.value)


def test_plan_refuses_such_a_folder_before_it_plans(
    demo: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(demo | {"results": "x{y}"}))
    assert cli.main(["plan", str(file)]) == 2
    assert f'{file}: results: "x{{y}}" can\'t be a folder here' in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["HEMBENCH_RESULTS", "HEMBENCH_DATA", "HEMBENCH_REPORTS"])
def test_plan_refuses_such_a_folder_of_a_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "/data/x{y}")
    assert cli.main(["plan", "demo"]) == 2
    said = capsys.readouterr().err
    assert "/data/x{y}: Snakemake takes braces in a path for a wildcard" in said
    assert variable in said
