"""Download of raw files: several mirrors, progress, resume after a break, checksums before anything counts.

No result depends on this code: its files are compared with the checksums in their data-set's file, and a fetch's
key has no code. Data-sets import it inside their ``fetch`` only, so that it stays out of their readers' keys.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pooch
import requests
from urllib3.exceptions import HTTPError

from hembench.datasets._checksum import kind_of
from hembench.datasets._present import check_present

ATTEMPTS = 5
"""Connections to one mirror for one file, each going on where the last one broke off."""

TIMEOUT = (10.0, 60.0)
"""Seconds to wait for a connection, and for the next bytes."""

CHUNK = 1 << 18
SECONDS = 2.0
"""Between two lines of progress."""

_log = logging.getLogger(__name__)


def download(folder: Path, files: Mapping[str, str], mirrors: Sequence[str]) -> None:
    """Bring the files that are not there yet into ``folder``; a file under its name is whole and right.

    A file that is there stays: if it is another one, the message says so, and nothing is downloaded over it.

    Args:
        folder: where the files belong; its name is the data-set's.
        files: name -> sha256, or md5 (see ``_checksum``).
        mirrors: addresses that give a file when its name is appended, the best first.

    Raises:
        DataError: some can't be had, or are others; the message lists each with its mirrors and what failed.
    """
    urls = {name: [mirror + name for mirror in mirrors] for name in files}
    unreachable: set[str] = set()
    for name, checksum in files.items():
        if not (folder / name).is_file():
            failed = _from_mirrors(folder / name, checksum, urls[name], unreachable)
            urls[name] = [f"{url} ({failed[url]})" if url in failed else url for url in urls[name]]
    check_present(folder, files, urls)


def _from_mirrors(path: Path, checksum: str, urls: Sequence[str], unreachable: set[str]) -> dict[str, str]:
    """Download one file from the first mirror that gives the right one; return why others did not, by address.

    Args:
        path: where it goes.
        checksum: what it has to be.
        urls: addresses.
        unreachable: hosts that gave no connection before; this call adds to them.
    """
    failed: dict[str, str] = {}
    for url in urls:
        host = urlsplit(url).netloc
        reason = "no connection" if host in unreachable else _from(url, path, checksum)
        if not reason:
            break
        if reason == "no connection":
            unreachable.add(host)
        failed[url] = reason
    return failed


def _from(url: str, path: Path, checksum: str) -> str:
    """Download one file from one mirror; return why not, or nothing."""
    pooch.get_logger().setLevel(logging.WARNING)
    known = checksum if kind_of(checksum) == "md5" else f"sha256:{checksum}"
    downloader = _Resuming(path)
    for _ in range(ATTEMPTS):
        before = downloader.size()
        try:
            pooch.retrieve(url, known, path.name, path.parent, downloader=downloader)
        except requests.HTTPError as error:
            return str(error).partition(" for url")[0]
        except (requests.RequestException, HTTPError, OSError) as error:
            if downloader.size() == before:
                return "no connection" if isinstance(error, requests.ConnectionError) else str(error)
        except ValueError:
            # pooch's word for a wrong checksum; after a resume, what we had may have been wrong: once more
            if not downloader.resumed:
                return f"its file has another {kind_of(checksum)}"
        else:
            return ""
    return f"the connection broke {ATTEMPTS} times; what has come is kept, the same command goes on from there"


class _Resuming:
    """A downloader for pooch that keeps what has come in a file beside the wanted one, and goes on from there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self.resumed = False

    def size(self) -> int:
        """Return the number of bytes that have come."""
        return self._part.stat().st_size if self._part.is_file() else 0

    def __call__(self, url: str, output_file: str, caller: Any) -> None:  # noqa: ARG002  (as pooch calls it)
        have = self.size()
        # Identity: a server may not compress (or claim that a .gz file is a compressed transfer of what is in it).
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            whole = response.status_code == requests.codes.requested_range_not_satisfiable
            self.resumed = whole or response.status_code == requests.codes.partial_content
            if not whole:
                response.raise_for_status()
                self._receive(response, have if self.resumed else 0)
        self._part.replace(output_file)

    def _receive(self, response: requests.Response, have: int) -> None:
        total = have + int(response.headers.get("Content-Length", 0))
        start = last = time.monotonic()
        came = 0
        self._part.parent.mkdir(parents=True, exist_ok=True)
        with self._part.open("ab" if have else "wb") as stream:
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                stream.write(chunk)
                came += len(chunk)
                now = time.monotonic()
                if now - last > SECONDS:
                    last = now
                    self._tell(have + came, total, came / (now - start))
        self._tell(have + came, total, came / max(time.monotonic() - start, 1e-6))

    def _tell(self, size: int, total: int, speed: float) -> None:
        share = f"{100 * size / total:3.0f} % of {total / 1e6:.1f} MB" if total else f"{size / 1e6:.1f} MB"
        _log.info("%s/%s: %s, %.1f MB/s", self._path.parent.name, self._path.name, share, speed / 1e6)
