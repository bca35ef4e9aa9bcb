"""publish: puts a finished report where people look for it. Not a keyed stage: it copies what has a key.

``<reports>/<study>/`` holds the files of one report, and ``.published/<key>`` says of which. The stamp is the
rule's output: the others go first and this one comes last, so that a revert publishes the right report again, and
an interrupted copy is never taken for a whole one.
"""

from __future__ import annotations

from pathlib import Path

from hembench.core.atomic import write_bytes
from hembench.core.errors import StoreError
from hembench.store.artefact import read_manifest

STAMPS = ".published"
PAGE = "index.html"


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
    manifest = read_manifest(report_artefact)
    if manifest is None or PAGE not in manifest["files"]:
        raise StoreError(f"{report_artefact}: no finished report. Run `snakemake report`, which makes it.")
    target = reports / study
    stamps = target / STAMPS
    stamps.mkdir(parents=True, exist_ok=True)
    for stamp in stamps.iterdir():
        stamp.unlink()
    # The page last: while it is the old one, the tables beside it are at worst newer.
    names = sorted(manifest["files"], key=lambda name: (name == PAGE, name))
    for name in names:
        write_bytes(target / name, (report_artefact / name).read_bytes())
    for path in target.iterdir():
        if path.is_file() and path.name not in names:
            path.unlink()
    write_bytes(stamps / key, b"")
