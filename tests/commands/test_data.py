from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, NoReturn

import pytest

from hembench import cli
from hembench.commands import _raw as data_files
from hembench.commands import data
from hembench.core import plugins
from hembench.core.errors import ConfigError, DataError
from hembench.datasets import _bundled, digits, kmnist

Call = Callable[..., tuple[int, str]]

IMAGES, LABELS = kmnist.FILES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        data.add_arguments(parser)
        status = data.run(parser.parse_args([*arguments, "--data", str(folder)]))
        return status, capsys.readouterr().out

    return run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Make kmnist's files small; return their contents."""
    contents = {IMAGES: b"images", LABELS: b"labels"}
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    real = plugins.constants

    def constants(kind: str, name: str) -> dict[str, Any]:
        return real(kind, name) | ({"FILES": files} if name == "kmnist" else {})

    monkeypatch.setattr(plugins, "constants", constants)
    return contents


@pytest.mark.parametrize("place", ["file", "proc", "sys"])
def test_a_data_folder_that_can_not_be_made_is_a_message_with_the_way_out(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    folder = {"file": tmp_path / "file", "proc": Path("/proc/x"), "sys": Path("/sys/x")}[place]
    monkeypatch.setenv("HEMBENCH_DATA", str(folder))
    for more in ([], ["--from", str(tmp_path)]):
        assert cli.main(["data", "fetch", "digits", *more]) == 2
        said = capsys.readouterr().err
        assert f"raw data folder {folder}/digits: can't be made or written to (" in said
        assert "`data_root:` in the study, or the environment variable HEMBENCH_DATA" in said
        assert "HEMBENCH_RESULTS" not in said


def test_complete_data_may_lie_where_nothing_can_be_written(
    run: Call, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digits.fetch(folder / "digits")
    monkeypatch.setattr(data_files, "lease", lambda *given, **more: pytest.fail("a lease is a file"))
    for more in ([], ["--from", str(tmp_path)]):
        assert run("fetch", "digits", *more) == (0, f"{folder / 'digits'}: everything was here\n")
    assert [path.name for path in (folder / "digits").iterdir()] == list(digits.FILES)


def test_list_tells_of_every_set_what_it_is_and_whether_it_is_here(run: Call, folder: Path) -> None:
    digits.fetch(folder / "digits")
    status, text = run("list")
    assert status == 0
    assert "digits: here\n  1,442 train, 355 test images of 1x8x8, 10 classes\n" in text
    assert "kmnist: 2 of 2 files are not here" in text
    assert "licence: MIT (Zalando SE)" in text
    assert "242 classes, not the whole published set" in text
    assert "mnist_c: 1 of 1 files are not here\n  10,000 test images, 15 corruptions of mnist" in text


def test_list_as_json(run: Call) -> None:
    [fact] = json.loads(run("list", "kmnist", "--json")[1])
    assert fact["absent"] == list(kmnist.FILES)
    assert (fact["sizes"], fact["source"], fact["complete"]) == ({"test": 10_000}, kmnist.SOURCE, True)


def test_fetch_brings_what_is_not_here(run: Call, folder: Path) -> None:
    assert run("fetch", "digits") == (0, f"{folder / 'digits'}: digits.csv.gz\n")
    assert run("fetch", "digits") == (0, f"{folder / 'digits'}: everything was here\n")
    assert run("check", "digits") == (0, "digits: right\n")
    assert [path.name for path in (folder / "digits").iterdir()] == ["digits.csv.gz"]


def test_one_message_lists_every_set_that_can_not_be_had(
    run: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kmnist, "MIRRORS", ("http://127.0.0.1:9/",))

    def missing(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_bundled, "distribution", missing)
    with pytest.raises(DataError) as raised:
        run("fetch", "digits", "kmnist")
    message = str(raised.value)
    assert "It is part of scikit-learn" in message
    assert f"http://127.0.0.1:9/{IMAGES} (no connection)" in message
    assert f"http://127.0.0.1:9/{LABELS} (no connection)" in message


def test_files_are_taken_over_from_any_layout(
    run: Call, folder: Path, tmp_path: Path, small: dict[str, bytes]
) -> None:
    """As torchvision has them: the same names under MNIST, FashionMNIST and KMNIST."""
    for name, content in small.items():
        for set_name in ("MNIST", "KMNIST"):
            path = tmp_path / "roots" / set_name / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if set_name == "KMNIST" else b"other")
    status, text = run("fetch", "kmnist", "--from", str(tmp_path / "roots"))
    assert (status, text) == (0, f"{folder / 'kmnist'}: {IMAGES}, {LABELS}\n")
    assert {path.name: path.read_bytes() for path in (folder / "kmnist").iterdir()} == small
    assert run("fetch", "kmnist", "--from", str(tmp_path / "roots"))[1].endswith("everything was here\n")


def test_what_can_not_be_taken_over_is_listed(
    run: Call, folder: Path, tmp_path: Path, small: dict[str, bytes]
) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / LABELS).write_bytes(b"other")
    (folder / "kmnist").mkdir(parents=True)
    (folder / "kmnist" / IMAGES).write_bytes(b"mine")
    with pytest.raises(DataError) as raised:
        run("fetch", "kmnist", "--from", str(tmp_path / "some"))
    message = str(raised.value)
    assert f"{folder / 'kmnist' / IMAGES} is another file: move it away" in message
    assert f"{LABELS} is not below {tmp_path / 'some'} (1 of that name, with another sha256)" in message
    assert message.endswith("Without --from it is downloaded.")
    assert (folder / "kmnist" / IMAGES).read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["camvid", "camvid_subset", "cityscapes"])
def test_what_can_not_be_downloaded_is_not_said_to_be(run: Call, folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "some").mkdir()
    with pytest.raises(DataError) as raised:
        run("fetch", name, "--from", str(tmp_path / "some"))
    message = str(raised.value)
    assert "downloaded" not in message
    assert message.endswith(f"`hembench data fetch {name}`, without --from, makes it or says how to get it.")


def test_check_says_what_is_wrong_with_each_file(run: Call, folder: Path, small: dict[str, bytes]) -> None:
    (folder / "kmnist").mkdir(parents=True)
    (folder / "kmnist" / IMAGES).write_bytes(small[IMAGES])
    (folder / "kmnist" / LABELS).write_bytes(b"labelz")
    status, text = run("check")
    assert status == 1
    wrong = folder / "kmnist" / LABELS
    expected = f"kmnist: not right\n  {wrong} is damaged or another file: delete it, hembench data fetch kmnist\n"
    assert text == expected
    wrong.unlink()
    assert run("check")[1].endswith(f"{wrong} is missing: hembench data fetch kmnist\n")
    assert json.loads(run("check", "--json")[1])["files"] == {"kmnist": {IMAGES: "right", LABELS: "missing"}}


def test_nothing_here_is_no_error(run: Call, folder: Path) -> None:
    assert run("check") == (0, f"{folder}: no raw files here\n")


def test_names_and_arguments_that_do_not_fit_are_refused(run: Call, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no data-set 'kmnits'.*Did you mean 'kmnist'"):
        run("check", "kmnits")
    with pytest.raises(ConfigError, match="no data-set 'blur'"):
        run("list", "blur")
    with pytest.raises(ConfigError, match="name the data-sets"):
        run("fetch")
    with pytest.raises(ConfigError, match="no such folder"):
        run("fetch", "kmnist", "--from", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="goes with fetch"):
        run("check", "--from", str(tmp_path))


def test_files_whose_md5_is_all_there_is_are_checked_and_taken_over(
    run: Call, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"archive"
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    real = plugins.constants

    def constants(kind: str, name: str) -> dict[str, Any]:
        return real(kind, name) | ({"FILES": {"imagenet-o.tar": f"md5:{md5}"}} if name == "imagenet_o" else {})

    monkeypatch.setattr(plugins, "constants", constants)
    source = tmp_path / "here" / "imagenet-o.tar"
    source.parent.mkdir()
    source.write_bytes(b"another")
    with pytest.raises(DataError, match="1 of that name, with another md5"):
        run("fetch", "imagenet_o", "--from", str(source.parent))
    source.write_bytes(content)
    run("fetch", "imagenet_o", "--from", str(source.parent))
    assert run("check", "imagenet_o") == (0, "imagenet_o: right\n")
    (folder / "imagenet_o" / "imagenet-o.tar").write_bytes(b"another")
    assert run("check", "imagenet_o")[0] == 1


def test_a_folder_where_a_file_belongs_is_named(
    run: Call, folder: Path, small: dict[str, bytes], tmp_path: Path
) -> None:
    (folder / "kmnist" / IMAGES).mkdir(parents=True)
    source = tmp_path / "source"
    source.mkdir()
    for name, content in small.items():
        (source / name).write_bytes(content)
    with pytest.raises(DataError, match="is a folder: move it away"):
        run("fetch", "kmnist", "--from", str(source))
    status, shown = run("check", "kmnist")
    assert status == 1
    assert f"{folder / 'kmnist' / IMAGES} is a folder: move it away, hembench data fetch kmnist" in shown


def test_incomplete_sets_are_told_at_once(run: Call, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        run("fetch", "kmnist", "fashion_mnist", "--from", str(tmp_path))
    assert "'kmnist' is not complete" in str(error.value)
    assert "'fashion_mnist' is not complete" in str(error.value)
