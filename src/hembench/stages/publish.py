"""publish: puts a finished report where people look for it. Not a keyed stage: it copies what has a key.

``<reports>/<study>/`` holds the files of one report, and ``.published/<key>`` says of which. The stamp is the
rule's output: the others go first and this one comes last, so that a revert publishes the right report again, and
an interrupted copy is never taken for a whole one.
"""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

from hembench.core.atomic import write_bytes
from hembench.core.errors import StoreError
from hembench.store import artefact

STAMPS = ".published"
PAGE = "index.html"

RESULTS_LINK = b'href="../../results/'
"""How the page links to a result, as seen from reports/<study>/ of a project that keeps results in results/."""


def publish(report_artefact: Path, reports: Path, study: str, key: str) -> None:
    """Copy a report's files to ``<reports>/<study>/``; files of an earlier report that it lacks are removed.

    Args:
        report_artefact: folder of the report stage's result.
        reports: folder of the published reports.
        study: name of the study.
        key: key of the report; the name of its stamp.

    Raises:
        StoreError: ``report_artefact`` holds no finished report, or a damaged one; nothing is changed then.
    """
    manifest = artefact.read_manifest(report_artefact)
    if manifest is None or PAGE not in manifest["files"]:
        raise StoreError(
            f"{report_artefact}: no finished report of {study!r}. Its target `report` makes it: "
            f"`snakemake report --configfile config/{study}.yaml`."
        )
    artefact.verified(report_artefact)
    stamps = reports / study / STAMPS
    stamps.mkdir(parents=True, exist_ok=True)
    # Two controllers may publish two reports of a study: the second one's replaces the first one's, whole.
    with artefact.alone(reports / study):
        for stamp in stamps.iterdir():
            stamp.unlink()
        copy(report_artefact, reports / study)
        write_bytes(stamps / key, _links(report_artefact, reports / study).encode())


def lost(report_artefact: Path, reports: Path, study: str) -> Path | None:
    """Return the stamp of a published report that is not there as it was published; None: there is none, or it is.

    Files may have been deleted or cut, or the results lie elsewhere now, where no link of the page leads.

    Args:
        report_artefact: folder of the report stage's result; its name is the report's key.
        reports: folder of the published reports.
        study: name of the study.
    """
    page = reports / study
    stamp, manifest = page / STAMPS / report_artefact.name, artefact.read_manifest(report_artefact)
    if manifest is None or not stamp.is_file():
        return None
    sizes = {name: file["size"] for name, file in manifest["files"].items()}
    there = all((page / name).is_file() for name in sizes)
    # links of the page are written anew, so that it may have another size
    same = there and all((page / name).stat().st_size == size for name, size in sizes.items() if name != PAGE)
    return None if same and stamp.read_text(encoding="utf-8") == _links(report_artefact, page) else stamp


def _links(report_artefact: Path, page: Path) -> str:
    """Return where a page finds the results."""
    return os.path.relpath(report_artefact.parents[2], page)


def copy(report_artefact: Path, target: Path, command: str | None = None) -> None:
    """Copy a finished report's files to ``target``, with links to the results that lead there from it.

    Args:
        report_artefact: folder of the report stage's result, ``<results>/report/<study>/<key>``.
        target: folder to be filled; files in it that the report lacks are removed.
        command: given for a copy that goes without the results: what makes them. The page then says so at its top,
            and links to no result.
    """
    files = artefact.verified(report_artefact)["files"]
    # The page last: while it is the old one, the tables beside it are at worst newer.
    names = sorted(files, key=lambda name: (name == PAGE, name))
    links = _links(report_artefact, target)
    for name in names:
        content = (report_artefact / name).read_bytes()
        if command is not None and name == PAGE:
            content = _without_results(content, command)
        write_bytes(target / name, content.replace(RESULTS_LINK, f'href="{links}/'.encode()))
    for path in target.iterdir():
        if path.is_file() and path.name not in names:
            path.unlink()


def _without_results(page: bytes, command: str) -> bytes:
    """Return a page for readers who do not have the results: their links are text."""
    said = (
        f"<p>A copy for reading: the folders of results that it names are not here. In the project's folder "
        f"<code>{html.escape(command)}</code> makes them and this page anew.</p>"
    )
    page = re.sub(rb"<a " + re.escape(RESULTS_LINK) + rb'[^"]*">(.*?)</a>', rb"\1", page, flags=re.DOTALL)
    return page.replace(b"</h1>", b"</h1>\n" + said.encode(), 1)
