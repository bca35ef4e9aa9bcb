from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hembench.core import atomic
from hembench.core.errors import StoreError
from hembench.store import artefact, content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results" / "train" / "digits-mlp-hem-s0" / "0123456789ab"


def publish(folder: Path, value: str = "x") -> None:
    artefact.publish(folder, {"a.txt": content.text(value), "b.json": content.json_file([1])}, {"stage": "train"})


def test_publish_leaves_contents_manifest_and_marker_and_nothing_else(folder: Path) -> None:
    publish(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "b.json", "done", "manifest.json"]
    manifest = artefact.read_manifest(folder)
    assert manifest is not None
    assert manifest["stage"] == "train"
    sha256_of_x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert manifest["files"]["a.txt"] == {"sha256": sha256_of_x, "size": 1}
    assert artefact.is_done(folder)
    assert artefact.check(folder) == []
    assert artefact.verified(folder) == manifest


def test_an_artefact_without_contents_is_one(folder: Path) -> None:
    artefact.publish(folder, {}, {"stage": "fetch"})
    assert artefact.verified(folder) == {"stage": "fetch", "files": {}}


def test_a_published_artefact_is_never_replaced_and_its_marker_comes_back(folder: Path) -> None:
    publish(folder, "first")
    (folder / "done").unlink()
    publish(folder, "second")
    assert (folder / "a.txt").read_text() == "first"
    assert artefact.is_done(folder)
    assert not list(folder.glob(".staging*"))


def test_a_marker_that_is_there_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished result can be used where nothing may be written, and by many jobs without a needless write."""
    publish(folder)
    (folder / "state").mkdir()
    before = (folder / "done").stat().st_mtime_ns
    monkeypatch.setattr(artefact, "sync_folder", lambda folder: pytest.fail("flushed"))
    artefact.mark(folder)
    assert (folder / "done").stat().st_mtime_ns == before
    assert not (folder / "state").exists()


def test_somebody_publishes_while_we_compute(folder: Path) -> None:
    def slow(path: Path) -> None:
        publish(folder, "first")
        path.write_text("second")

    artefact.publish(folder, {"a.txt": slow}, {})
    assert (folder / "a.txt").read_text() == "first"
    assert artefact.check(folder) == []


@pytest.mark.parametrize("torn", [b"", b'{"files"', b"[]", b'{"stage": "train"}', b"\xff\xfe"])
def test_a_torn_manifest_is_no_artefact_and_is_replaced(folder: Path, torn: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(torn)
    (folder / "a.txt").write_text("left by a crash")
    assert artefact.read_manifest(folder) is None
    with pytest.raises(StoreError, match=r"manifest\.json is missing or torn"):
        artefact.verified(folder)
    publish(folder)
    assert artefact.check(folder) == []


def test_damage_is_named(folder: Path) -> None:
    publish(folder)
    (folder / "a.txt").write_text("y")
    (folder / "b.json").unlink()
    assert artefact.check(folder) == ["a.txt has another sha256 than the manifest says", "b.json is missing"]
    (folder / "a.txt").write_text("longer")
    assert artefact.check(folder)[0] == "a.txt has 6 bytes, the manifest says 1"
    with pytest.raises(StoreError, match=r"a\.txt has 6 bytes.*verify STUDY --repair"):
        artefact.verified(folder)


@pytest.mark.parametrize("name", ["manifest.json", "done", "lease", "../a", "a/b", ".hidden", ""])
def test_reserved_and_escaping_names_are_refused_before_anything_is_written(folder: Path, name: str) -> None:
    with pytest.raises(StoreError, match="plain, free name"):
        artefact.publish(folder, {name: content.text("x")}, {})
    assert not folder.exists()


def test_a_writer_that_fails_leaves_no_manifest_no_marker_and_no_staging(folder: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        artefact.publish(folder, {"a.txt": content.text("x"), "b.txt": fail}, {})
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("at", range(1, 12))
def test_a_failure_at_any_file_operation_leaves_nothing_or_all(
    folder: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def failing(function: Any) -> Any:
        def wrapped(*args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                raise OSError("broken disk")
            return function(*args, **options)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing(Path.replace))
        patch.setattr(Path, "touch", failing(Path.touch))
        patch.setattr(artefact, "sync_file", failing(atomic.sync_file))
        patch.setattr(artefact, "sync_folder", failing(atomic.sync_folder))
        patch.setattr(atomic, "sync_folder", failing(atomic.sync_folder))
        try:
            publish(folder)
        except OSError as error:
            assert str(error) == "broken disk"  # noqa: PT017 - beyond the last operation nothing is raised
        else:
            assert calls < at
    if artefact.is_done(folder):
        assert artefact.check(folder) == []
    if artefact.read_manifest(folder) is not None:
        assert artefact.check(folder) == []
    publish(folder)
    assert artefact.check(folder) == []
    assert artefact.is_done(folder)


def test_set_aside_moves_the_folder_with_a_note_and_counts(folder: Path) -> None:
    for number in (1, 2):
        publish(folder)
        target = artefact.set_aside(folder, "a.txt is missing")
        assert target.name == f"train-digits-mlp-hem-s0-0123456789ab-{number}"
        assert target.parent == folder.parents[2] / "set_aside"
        assert not folder.exists()
        note = json.loads((target / "note.json").read_text())
        assert (note["because"], note["from"]) == ("a.txt is missing", "train/digits-mlp-hem-s0/0123456789ab")


def test_remove_staging_takes_only_staging_folders(folder: Path) -> None:
    publish(folder)
    (folder / ".staging-host-1-abc").mkdir()
    (folder / ".staging-host-1-abc" / "a.txt").write_text("half")
    artefact.remove_staging(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "b.json", "done", "manifest.json"]
