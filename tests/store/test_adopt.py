from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hembench.core.errors import LeaseHeldError, StoreError
from hembench.plan.jobs import Job
from hembench.store import artefact
from hembench.store.adopt import adopt, sibling
from hembench.store.lease import lease

Make = Callable[..., Job]
Publish = Callable[..., Path]


def test_an_adopted_artefact_shares_the_files_and_says_why(results: Path, job: Make, publish: Publish) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old)
    adopt(source, results / new.path, new, "moved a helper", {"f": "2"})
    manifest = artefact.verified(results / new.path)
    assert artefact.is_done(results / new.path)
    assert (source / "a.txt").stat().st_ino == (results / new.path / "a.txt").stat().st_ino
    assert (manifest["key"], manifest["ingredients"], manifest["definitions"]) == (
        new.key,
        new.ingredients,
        {"f": "2"},
    )
    assert manifest["run"] == {"wall_seconds": 7.0}
    assert (manifest["adoption"]["from"], manifest["adoption"]["because"]) == (old.path, "moved a helper")
    assert artefact.verified(source)["key"] == old.key


def test_a_file_is_copied_where_links_fail(
    results: Path, job: Make, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old)
    link = os.link

    def refuse(source: Path, target: Path) -> None:
        if Path(source).name == "a.txt":
            raise OSError(errno.EXDEV, "cross-device link")
        link(source, target)

    monkeypatch.setattr(os, "link", refuse)
    adopt(source, results / new.path, new, "same", {})
    assert artefact.check(results / new.path) == []
    assert (source / "a.txt").stat().st_nlink == 1


def test_a_damaged_source_a_missing_reason_and_a_held_lease_are_refused(
    results: Path, job: Make, publish: Publish
) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old)
    with pytest.raises(StoreError, match="needs a reason"):
        adopt(source, results / new.path, new, " ", {})
    with (
        lease(results / new.path, wait=False, finished=lambda: False),
        pytest.raises(LeaseHeldError, match="being built"),
    ):
        adopt(source, results / new.path, new, "same", {})
    (source / "a.txt").write_text("y")
    with pytest.raises(StoreError, match="another sha256"):
        adopt(source, results / new.path, new, "same", {})
    assert artefact.read_manifest(results / new.path) is None


def test_what_is_there_is_left_alone(results: Path, job: Make, publish: Publish) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old, "old")
    publish(new, "new")
    adopt(source, results / new.path, new, "same", {})
    assert (results / new.path / "a.txt").read_text() == "new"


def test_a_sibling_differs_by_its_code_alone(results: Path, job: Make, publish: Publish) -> None:
    wanted = job(code="3", epochs=2)
    assert sibling(results, wanted) is None
    publish(job(code="1", epochs=1))
    publish(job(code="1", epochs=2, cell="mlp-ce-s0"))
    publish(wanted)
    assert sibling(results, wanted) is None
    old = publish(job(code="1", epochs=2))
    os.utime(old / "manifest.json", (1, 1))
    assert sibling(results, wanted) == old
    newer = publish(job(code="2", epochs=2))
    assert sibling(results, wanted) == newer
    (newer / "manifest.json").unlink()
    assert sibling(results, wanted) == old


def test_other_inputs_are_equal_only_if_adopted_from_one_another(
    results: Path, job: Make, publish: Publish
) -> None:
    trained = [job(code=code) for code in "123"]
    predicted = [job("predict", train=train) for train in trained]
    publish(trained[0])
    old = publish(predicted[0])
    assert sibling(results, predicted[2]) is None
    adopt(results / trained[0].path, results / trained[1].path, trained[1], "same", {})
    assert sibling(results, predicted[1]) == old
    adopt(results / trained[1].path, results / trained[2].path, trained[2], "same again", {})
    assert sibling(results, predicted[2]) == old  # along two adoptions
    earlier = artefact.verified(results / trained[2].path)["adoption"]["earlier"]
    assert (earlier["from"], earlier["because"]) == (trained[0].path, "same")
