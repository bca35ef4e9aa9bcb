from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hembench.core.errors import StoreError
from hembench.stages.publish import copy, publish
from hembench.store import artefact
from hembench.store.content import text


def report(results: Path, key: str, **files: str) -> Path:
    folder = results / "report" / "s" / key
    contents = {
        name.replace("_csv", ".csv").replace("_html", ".html"): text(value) for name, value in files.items()
    }
    artefact.publish(folder, contents, {"stage": "report"})
    (folder / "lease").write_text("not for people")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_copies_the_reports_files_and_stamps_them(tmp_path: Path) -> None:
    publish(report(tmp_path, "k1", index_html="one", a_csv="a"), tmp_path / "reports", "s", "k1")
    assert names(tmp_path / "reports") == ["s/.published/k1", "s/a.csv", "s/index.html"]
    assert (tmp_path / "reports/s/index.html").read_text() == "one"


def test_another_report_replaces_it_and_a_revert_brings_it_back(tmp_path: Path) -> None:
    first = report(tmp_path, "k1", index_html="one", a_csv="a")
    second = report(tmp_path, "k2", index_html="two", b_csv="b")
    reports = tmp_path / "reports"
    publish(first, reports, "s", "k1")
    publish(second, reports, "s", "k2")
    assert names(reports) == ["s/.published/k2", "s/b.csv", "s/index.html"]
    assert (reports / "s/index.html").read_text() == "two"
    publish(first, reports, "s", "k1")
    assert names(reports) == ["s/.published/k1", "s/a.csv", "s/index.html"]
    assert (reports / "s/index.html").read_text() == "one"


def test_other_studies_and_folders_are_left_alone(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    publish(report(tmp_path, "k1", index_html="one"), reports, "s", "k1")
    (reports / "s" / "mine").mkdir()
    (reports / "s" / "mine" / "notes.txt").write_text("x")
    publish(report(tmp_path, "k2", index_html="other"), reports, "t", "k2")
    publish(report(tmp_path, "k3", index_html="three"), reports, "s", "k3")
    assert names(reports / "s") == [".published/k3", "index.html", "mine/notes.txt"]
    assert names(reports / "t") == [".published/k2", "index.html"]


def test_an_interrupted_copy_has_no_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = tmp_path / "reports"
    publish(report(tmp_path, "k1", index_html="one"), reports, "s", "k1")
    second = report(tmp_path, "k2", index_html="two", a_csv="a")

    def full(path: Path, content: bytes) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("hembench.stages.publish.write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        publish(second, reports, "s", "k2")
    assert list((reports / "s" / ".published").iterdir()) == []


def test_an_unfinished_report_changes_nothing(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    publish(report(tmp_path, "k1", index_html="one"), reports, "s", "k1")
    unfinished = tmp_path / "report" / "s" / "k2"
    unfinished.mkdir()
    (unfinished / "index.html").write_text("half")
    with pytest.raises(StoreError, match="no finished report"):
        publish(unfinished, reports, "s", "k2")
    assert (reports / "s/index.html").read_text() == "one"
    assert names(reports / "s" / ".published") == ["k1"]


def test_a_damaged_report_changes_nothing(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    publish(report(tmp_path, "k1", index_html="one"), reports, "s", "k1")
    damaged = report(tmp_path, "k2", index_html="two")
    (damaged / "index.html").write_text("tow")
    with pytest.raises(StoreError, match=r"index\.html has another sha256"):
        publish(damaged, reports, "s", "k2")
    assert (reports / "s/index.html").read_text() == "one"
    assert names(reports / "s" / ".published") == ["k1"]


def test_a_copy_without_the_results_links_to_none_and_says_what_makes_them(tmp_path: Path) -> None:
    page = '<h1>A</h1><a href="#x">x</a> <a href="../../results/evaluate/c/k/"><code>c/k</code></a> <h1>B</h1>'
    made = report(tmp_path / "results", "k1", index_html=page)
    copy(made, tmp_path / "published", "snakemake --configfile 'a&b.yaml'")
    copied = (tmp_path / "published" / "index.html").read_text()
    assert re.sub(r"\n<p>.*?</p>", "", copied) == '<h1>A</h1><a href="#x">x</a> <code>c/k</code> <h1>B</h1>'
    assert copied.count("<code>snakemake --configfile &#x27;a&amp;b.yaml&#x27;</code>") == 1
    assert copied.index("<p>") < copied.index("<h1>B")


def test_links_lead_to_the_results_from_wherever_the_page_lies(tmp_path: Path) -> None:
    page = '<a href="../../results/evaluate/c/k/">'
    made = report(tmp_path / "elsewhere", "k1", index_html=page)
    publish(made, tmp_path / "reports", "s", "k1")
    assert (tmp_path / "reports/s/index.html").read_text() == '<a href="../../elsewhere/evaluate/c/k/">'
    copy(made, tmp_path / "reports" / "published" / "s")
    deeper = tmp_path / "reports/published/s/index.html"
    assert deeper.read_text() == '<a href="../../../elsewhere/evaluate/c/k/">'


def test_of_two_publishers_at_once_one_leaves_its_whole_report(tmp_path: Path) -> None:
    """Two controllers, one with edited code, share a folder of reports."""
    keys = ["k1", "k2"]
    for key in keys:
        report(tmp_path, key, index_html=key, a_csv=key, **{f"only_{key}_csv": key})
    code = """
import sys, time
from pathlib import Path
from hembench.stages import publish
write = publish.write_bytes
def slow(path, content):
    time.sleep(0.05)
    write(path, content)
publish.write_bytes = slow
root, key = Path(sys.argv[1]), sys.argv[2]
for _ in range(5):
    publish.publish(root / "report" / "s" / key, root / "reports", "s", key)
"""
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), key]) for key in keys]
    assert [process.wait() for process in processes] == [0, 0]
    (stamp,) = (tmp_path / "reports/s/.published").iterdir()
    page = tmp_path / "reports/s"
    assert (page / "index.html").read_text() == (page / "a.csv").read_text() == stamp.name
    assert names(page) == [f".published/{stamp.name}", "a.csv", "index.html", f"only_{stamp.name}.csv"]
