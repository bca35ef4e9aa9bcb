from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hembench.core.errors import LeaseHeldError, StoreError
from hembench.plan.jobs import Job
from hembench.store import artefact
from hembench.store.adopt import NEVER, adopt, content_of_inputs, differences, same_content, sibling
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


def test_a_source_that_is_freed_after_it_was_checked_is_an_error_that_callers_expect(
    results: Path, job: Make, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old)
    verified = artefact.verified

    def freed(folder: Path) -> dict[str, object]:
        manifest = verified(folder)
        shutil.rmtree(folder)
        return manifest

    monkeypatch.setattr(artefact, "verified", freed)
    with pytest.raises(StoreError, match=rf"{source}.* is gone: it was freed"):
        adopt(source, results / new.path, new, "same", {})
    assert artefact.read_manifest(results / new.path) is None


def test_what_is_there_is_left_alone(results: Path, job: Make, publish: Publish) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old, "old")
    publish(new, "new")
    adopt(source, results / new.path, new, "same", {})
    assert (results / new.path / "a.txt").read_text() == "new"


def by_code(results: Path, wanted: Job) -> Path | None:
    """Return the folder of the sibling that differs by its code alone."""
    near = sibling(results, wanted)
    return near.folder if near and not near.options else None


def test_a_sibling_differs_by_its_code_alone(results: Path, job: Make, publish: Publish) -> None:
    wanted = job(code="3", epochs=2)
    assert sibling(results, wanted) is None
    publish(job(code="1", epochs=2, cell="mlp-ce-s0"))
    publish(wanted)
    assert sibling(results, wanted) is None
    publish(job(code="1", epochs=1))
    assert by_code(results, wanted) is None
    old = publish(job(code="1", epochs=2))
    os.utime(old / "manifest.json", (1, 1))
    assert by_code(results, wanted) == old
    newer = publish(job(code="2", epochs=2))
    assert by_code(results, wanted) == newer
    (newer / "manifest.json").unlink()
    assert by_code(results, wanted) == old


def with_options(job: Job, **options: object) -> Job:
    """Return the job with other options, and so another key."""
    return replace(job, options=options, ingredients={**job.ingredients, "options": options})


def test_a_sibling_may_differ_in_options_that_are_named(results: Path, job: Make, publish: Publish) -> None:
    recipe = {"epochs": 2, "optimiser": {"name": "sgd"}}
    wanted = with_options(job(code="3"), recipe={**recipe, "compile": False}, images=None)
    old = publish(with_options(job(code="1"), recipe=recipe))
    near = sibling(results, wanted)
    assert near is not None
    assert near.options == {"images": {"is": None}, "recipe.compile": {"is": False}}
    assert (near.folder, near.unnamed) == (old, ("images", "recipe.compile"))
    for named, left in (
        (["images"], ("recipe.compile",)),
        (["images", "recipe"], ()),
        (["images", "recipe.comp"], ("recipe.compile",)),
        (["images", "recipe.compile.more"], ("recipe.compile",)),
    ):
        near = sibling(results, wanted, named)
        assert near is not None
        assert near.unnamed == left, named


def test_of_several_siblings_the_fewest_options_come_before_the_newest(
    results: Path, job: Make, publish: Publish
) -> None:
    wanted = with_options(job(code="3"), epochs=2, seed=0)
    same = publish(with_options(job(code="1"), epochs=2, seed=0))
    os.utime(same / "manifest.json", (1, 1))
    other_seed = publish(with_options(job(code="1"), epochs=2, seed=1))
    publish(with_options(job(code="1"), epochs=9, seed=1))
    for gone, named, best in (
        (None, ["seed"], same),
        (same, ["seed"], other_seed),
        (None, [], other_seed),
    ):
        if gone is not None:
            (gone / "manifest.json").unlink()
        near = sibling(results, wanted, named)
        assert near is not None
        assert near.folder == best


def test_whatever_is_no_code_and_no_option_must_be_equal(results: Path, job: Make, publish: Publish) -> None:
    wanted = job(code="3")
    for change in ({"schema": 2}, {"data": {"file": "1"}}, {"libraries": {"torch": "2"}}):
        publish(replace(wanted, ingredients={**wanted.ingredients, **change}))
    assert sibling(results, wanted, ["epochs", "schema", "data", "libraries"]) is None


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ({"a": 3}, {"a": 3.0}, {}),
        ({"a": 1}, {"a": True}, {"a": {"was": 1, "is": True}}),
        ({"a": None}, {}, {"a": {"was": None}}),
        ({"a": {"b": 1, "c": 2}}, {"a": None}, {"a": {"was": {"b": 1, "c": 2}, "is": None}}),
        ({"a": {}}, {"a": {"b": {"c": 1}}}, {"a.b": {"is": {"c": 1}}}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": {"was": [1, 2], "is": [2, 1]}}),
    ],
)
def test_options_differ_by_name_and_an_absent_one_is_not_null(was: Any, now: Any, found: Any) -> None:
    assert differences(was, now) == found


def test_an_adoption_records_the_options_that_differed(results: Path, job: Make, publish: Publish) -> None:
    first, second, third = job(epochs=1), job(epochs=2), job(code="2", epochs=2)
    adopt(publish(first), results / second.path, second, "no epoch counts", {})
    adopt(results / second.path, results / third.path, third, "renamed", {})
    adoption = artefact.verified(results / third.path)["adoption"]
    assert "options" not in adoption
    assert adoption["earlier"]["options"] == {"epochs": {"was": 1, "is": 2}}
    assert artefact.verified(results / third.path)["ingredients"]["options"] == {"epochs": 2}


def test_other_inputs_are_equal_only_if_adopted_from_one_another(
    results: Path, job: Make, publish: Publish
) -> None:
    trained = [job(code="1"), job(code="2", epochs=2), job(code="3")]
    predicted = [job("predict", train=train) for train in trained]
    publish(trained[0])
    old = publish(predicted[0])
    assert sibling(results, predicted[2], ["epochs"]) is None
    adopt(results / trained[0].path, results / trained[1].path, trained[1], "same", {})
    assert by_code(results, predicted[1]) == old
    adopt(results / trained[1].path, results / trained[2].path, trained[2], "same again", {})
    assert by_code(results, predicted[2]) == old  # along two adoptions
    earlier = artefact.verified(results / trained[2].path)["adoption"]["earlier"]
    assert (earlier["from"], earlier["because"]) == (trained[0].path, "same")


def made_from(results: Path, publish: Publish, wanted: Job) -> Path:
    """Publish a result as the driver does: with what was read of its inputs."""
    manifests = {role: artefact.verified(results / path) for role, path in wanted.inputs.items()}
    return publish(wanted, read=content_of_inputs(manifests))


def test_inputs_of_the_same_content_are_found_by_their_files_alone(
    results: Path, job: Make, publish: Publish
) -> None:
    same, other, third = (job(code=code) for code in "123")
    publish(same, "x")
    publish(other, "x")
    publish(third, "y")
    old = made_from(results, publish, job("attack", network=same))
    assert same_content(results, job("attack", network=other)) == old
    assert same_content(results, job("attack", network=third)) is None
    assert same_content(results, job("attack", code="9", network=other)) is None, "other code"
    assert same_content(results, job("attack", epochs=9, network=other)) is None, "other options"
    assert same_content(results, job("attack", cell="mlp-ce-s0", network=other)) is None, "another cell"
    assert same_content(results, job("attack", start=other)) is None, "in another role"
    assert same_content(results, job("attack", network=other, clean=same)) is None, "one more"
    assert same_content(results, job("attack", network=job(code="4"))) is None, "an input that is not there"
    assert same_content(results, job("attack", network=same)) is None, "the result itself is no other one"


def test_the_earlier_input_need_not_exist_any_more(results: Path, job: Make, publish: Publish) -> None:
    same, other = job(code="1"), job(code="2")
    pruned = publish(same)
    publish(other)
    old = made_from(results, publish, job("attack", network=same))
    (pruned / "manifest.json").unlink()
    assert same_content(results, job("attack", network=other)) == old


def test_where_an_input_was_made_does_not_count(results: Path, job: Make, publish: Publish) -> None:
    here, there = job(code="1"), job(code="2")
    publish(here, device="cpu")
    publish(there, device="cuda")
    old = made_from(results, publish, job("predict", network=here))
    assert same_content(results, job("predict", network=there)) == old


def test_a_report_shows_keys_and_a_job_without_inputs_has_its_own(
    results: Path, job: Make, publish: Publish
) -> None:
    same, other = job(code="1"), job(code="2")
    publish(same)
    publish(other)
    made_from(results, publish, job("report", network=same))
    assert same_content(results, job("report", network=other)) is None
    assert same_content(results, other) is None


def test_the_stages_that_read_manifests_are_known(project: Path) -> None:
    stages = project / "src" / "hembench" / "stages"
    users = {path.stem for path in stages.glob("*.py") if "inputs.manifests" in path.read_text()}
    assert users == {*NEVER}
