"""Real raw files, where they are at hand; a server for downloads on this machine."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hembench.core import plugins
from hembench.core.digest import file_sha256
from hembench.datasets._checksum import checksum_like


@pytest.fixture(scope="session")
def real(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function: data-set's name -> a folder with its real raw files; skips where they are not at hand."""
    shared = project.parent / "shared" / "data"

    def folder(name: str) -> Path:
        files = plugins.constants("datasets", name)["FILES"]
        made = tmp_path_factory.mktemp("real") / name
        made.mkdir()
        for file, sha256 in files.items():
            found = [path for path in shared.rglob(file) if file_sha256(path) == sha256]
            if not found:
                pytest.skip(f"{file} of {name} is not in {shared}")
            (made / file).symlink_to(found[0])
        return made

    return folder


@dataclass
class Server:
    """Files by path, as a server gives them; knobs for what can go wrong; every request that came."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    """The next answers end after so many bytes."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range header)."""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            state.requests.append((self.path, asked))
            if self.path not in state.files:
                self.send_error(404)
                return
            content, start = state.files[self.path], 0
            if asked and state.ranges:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
            self.send_response(206 if asked and state.ranges else 200)
            self.send_header("Content-Length", str(len(content) - start))
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            end = start + state.breaks.pop(0) if state.breaks else len(content)
            self.wfile.write(content[start:end])

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{running.server_port}/"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(scope="session")
def picture() -> Callable[..., bytes]:
    """Return a function: size and number -> a smooth JPEG of its own colours."""

    def made(width: int, height: int, number: int = 0, mode: str = "RGB") -> bytes:
        rows, columns = np.mgrid[0:height, 0:width]
        planes = [rows * 255 // height, columns * 255 // width, np.full_like(rows, number * 37 % 256)]
        image = Image.fromarray(np.stack(planes, axis=2).astype(np.uint8)).convert(mode)
        content = io.BytesIO()
        image.save(content, "JPEG", quality=95)
        return content.getvalue()

    return made


@pytest.fixture(scope="session")
def tarred() -> Callable[..., Path]:
    """Return a function: path and contents by name -> a tar there; compressed where its name ends in gz."""

    def made(path: Path, contents: Mapping[str, bytes]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
            for name, content in contents.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return path

    return made


@pytest.fixture
def make_known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function: makes files of a folder the published ones of a data-set, md5 where those are md5."""

    def known(module: Any, folder: Path) -> None:
        files = {name: checksum_like(folder / name, checksum) for name, checksum in module.FILES.items()}
        assert set(files.values()).isdisjoint(module.FILES.values())
        monkeypatch.setattr(module, "FILES", files)

    return known
