"""Real raw files, where they are at hand; a server for downloads on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hembench.core import plugins
from hembench.core.digest import file_sha256


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
