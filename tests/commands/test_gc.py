from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hembench.commands import gc
from hembench.commands._study import Loaded
from hembench.core.errors import ConfigError
from hembench.store import artefact
from hembench.store.lease import lease

Call = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One study in config/ of a project of our own."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tiny.yaml").touch()
    monkeypatch.setattr(gc, "project_root", lambda: tmp_path)
    return tmp_path / "config"


def test_lists_first_and_frees_with_yes(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    kept, free = published("1"), published("2")
    status, printed = call(gc, store_study("1"))
    assert status == 0
    assert "4 folders, 0.0 MB; --yes frees them" in printed
    assert all("/".join(folder.parts[-3:]) in printed for folder in free)
    assert all(artefact.check(folder) == [] for folder in kept + free)
    status, printed = call(gc, store_study("1"), "--yes", "--json")
    assert status == 0
    assert [row["freed"] for row in json.loads(printed)] == [True] * 4
    assert not any(folder.exists() for folder in free)
    assert all(artefact.check(folder) == [] for folder in kept)
    assert "everything is named" in call(gc, store_study("1"))[1]


@pytest.mark.parametrize("days", ["nan", "-1", "-0.5", "-inf"])
def test_an_age_that_is_none_is_refused(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]], days: str
) -> None:
    published("2")
    with pytest.raises(ConfigError, match=r"--keep-days is .*0 or more"):
        call(gc, store_study("1"), f"--keep-days={days}", "--yes")
    assert call(gc, store_study("1"), "--keep-days=inf")[0] == 0


def test_old_logs_are_counted_then_freed(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    published("1")
    loaded = store_study("1")
    folder = loaded.results / "logs" / "train"
    folder.mkdir(parents=True)
    for name, days in (("a", 40), ("b", 31), ("young", 29)):
        log = folder / f"{name}.log"
        log.write_text(1_000_000 * "x")
        os.utime(log, (time.time() - days * 86400,) * 2)
    status, printed = call(gc, loaded)
    assert status == 0
    assert "logs: 2 old logs, 2.0 MB; --yes frees them" in printed
    assert len(list(folder.iterdir())) == 3
    (row,) = json.loads(call(gc, loaded, "--json")[1])
    assert (row["path"], row["count"], row["size"], row["freed"]) == ("logs", 2, 2_000_000, False)
    assert row["days"] == pytest.approx(31, abs=0.01)
    assert "logs: 2 old logs, 2.0 MB, freed" in call(gc, loaded, "--yes")[1]
    assert [path.name for path in folder.iterdir()] == ["young.log"]
    assert "old logs" not in call(gc, loaded)[1]


def test_a_study_that_the_option_names_is_kept_like_the_others(
    store_study: Callable[[str], Loaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def load(name: str) -> Loaded:
        read.append(name)
        return store_study("1")

    monkeypatch.setattr(gc, "load", load)
    gc.run(argparse.Namespace(names=["mine"], study="ours", keep_days=30.0, yes=False, json=False, prune=False))
    assert read[:2] == ["mine", "ours"]


def test_one_result_is_freed_after_asking(
    call: Call,
    store_study: Callable[[str], Loaded],
    published: Callable[[str], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted, *others = published("1")
    status, printed = call(gc, store_study("1"), "mlp-ce-s0", "train")
    assert status == 1
    assert "kept (--yes frees without asking)" in printed  # nobody is there to be asked
    assert wanted.exists()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert call(gc, store_study("1"), "mlp-ce-s0", "train")[0] == 1
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert call(gc, store_study("1"), "mlp-ce-s0", "train", "--study", "tiny")[0] == 0
    assert not wanted.exists()
    assert all(artefact.check(folder) == [] for folder in others)
    with pytest.raises(ConfigError, match="does not exist: nothing to free"):
        call(gc, store_study("1"), "mlp-ce-s0", "train", "--yes")


def test_a_typo_in_the_cell_names_the_nearest(call: Call, store_study: Callable[[str], Loaded]) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'mlp-ce-s0'"):
        call(gc, store_study("1"), "mlp-ce-s1", "train", "--yes")


def test_without_any_study_nothing_is_free(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]], config: Path
) -> None:
    published("1")
    (config / "tiny.yaml").unlink()
    with pytest.raises(ConfigError, match="every result would be free"):
        call(gc, store_study("1"), "--yes")


def test_what_is_being_made_is_not_listed(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    building = published("2")[0]
    with lease(building, wait=False, finished=lambda: False):
        rows = json.loads(call(gc, store_study("1"), "--yes", "--json")[1])
    assert len(rows) == 3
    assert building.exists()


def test_a_broken_study_does_not_stop_it_and_keeps_what_it_may_name(
    store_study: Callable[[str], Loaded],
    published: Callable[[str], list[Path]],
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    published("1")
    free, *others = published("2")
    manifest = json.loads((free / "manifest.json").read_text())
    (free / "manifest.json").write_text(json.dumps(manifest | {"study": "tiny"}))
    (config / "broken.yaml").touch()

    def load(name: str) -> Loaded:
        if Path(name).stem == "broken":
            raise ConfigError(f"{name}: unknown key 'sedes'.")
        return store_study("1")

    def call(*arguments: str) -> str:
        parser = argparse.ArgumentParser()
        gc.add_arguments(parser)
        assert gc.run(parser.parse_args(arguments)) == 0
        return capsys.readouterr().out

    monkeypatch.setattr(gc, "load", load)
    assert [row["path"] for row in json.loads(call("--yes", "--json"))] == ["/".join(free.parts[-3:])]
    assert not free.exists()
    assert all(artefact.check(folder) == [] for folder in others)
    call()
    capsys.readouterr()
    gc.run(argparse.Namespace(names=[], study=None, keep_days=30.0, yes=False, json=False, prune=False))
    assert "unknown key 'sedes'.\n  (every result that this study may name is kept)" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="--prune needs every study"):
        call("--prune")
    with pytest.raises(ConfigError, match="sedes"):
        call("broken")  # named by the user
    (config / "tiny.yaml").unlink()
    with pytest.raises(ConfigError, match="no study can be read, so nothing can be freed"):
        call()


def test_prune_lists_trainings_whose_readers_exist(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    train, predict, other, _ = published("1")
    shutil.rmtree(predict)
    assert "everything is named" in call(gc, store_study("1"))[1]
    status, printed = call(gc, store_study("1"), "--prune", "--yes")
    assert (status, printed.splitlines()[-1]) == (0, "1 freed")
    assert train.exists()
    assert not other.exists()
