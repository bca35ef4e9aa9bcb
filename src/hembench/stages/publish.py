"""publish: puts a finished report where people look for it. Not a keyed stage: it copies what has a key.

``<reports>/<study>/`` holds the files of one report, and ``.published/<key>`` says of which. The stamp is the rule's
output: other stamps go first and this one comes last, so that a revert publishes the right report again, and an
interrupted copy is never taken for a whole one.
"""

from __future__ import annotations

from pathlib import Path

from hembench.core.atomic import write_bytes
from hembench.core.errors import StoreError

STAMPS = ".published"
NOT_FOR_PEOPLE = {"manifest.json", "done", "lease", "takeover", "note.json"}
"""Files of an artefact's folder that are the store's own."""


def publish(report_artefact: Path, reports: Path, study: str, key: str) -> None:
    """Copy a report's files to ``<reports>/<study>/``; files of an earlier report that it lacks are removed.

    Args:
        report_artefact: folder of the report stage's result.
        reports: folder of the published reports.
        study: name of the study.
        key: key of the report; the name of its stamp.

    Raises:
        StoreError: there is no finished report in ``report_artefact``; nothing is changed then.
    """
    if not (report_artefact / "manifest.json").is_file() or not (report_artefact / "index.html").is_file():
        raise StoreError(f"{report_artefact}: no finished report. Run `snakemake report`, which makes it.")
    target = reports / study
    stamps = target / STAMPS
    stamps.mkdir(parents=True, exist_ok=True)
    for stamp in stamps.iterdir():
        if stamp.name != key:
            stamp.unlink()
    files = _files(report_artefact)
    for path in _files(target):
        if path.name not in {file.name for file in files}:
            path.unlink()
    # The page last: while it is the old one, the tables beside it are at worst newer.
    for file in sorted(files, key=lambda file: (file.name == "index.html", file.name)):
        write_bytes(target / file.name, file.read_bytes())
    write_bytes(stamps / key, b"")


def _files(folder: Path) -> list[Path]:
    """Return the files of a report in a folder: plain ones, no hidden ones, not the store's."""
    plain = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    return [path for path in plain if path.name not in NOT_FOR_PEOPLE]
