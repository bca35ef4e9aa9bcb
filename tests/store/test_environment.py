from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from hembench.store import environment


def test_an_environment_is_plain_and_the_same_twice() -> None:
    first = environment.environment("cpu")
    assert json.loads(json.dumps(first)) == first == environment.environment("cpu")
    assert first["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert first["versions"]["numpy"] == np.__version__
    assert first["device"] == "cpu"


def test_torch_is_asked_only_where_it_is_imported() -> None:
    script = (
        "import sys; from hembench.store import environment as e; facts = e.environment('cpu'); "
        "assert 'torch' not in sys.modules and 'threads' not in facts and facts['versions']['torch']; "
        "import torch; torch.set_num_threads(1); assert e.environment('cpu')['threads'] == 1"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_meter_measures(tmp_path: Path) -> None:
    meter = environment.Meter()
    block = np.ones(20_000_000)
    record = meter.record(tmp_path)
    assert record["wall_seconds"] >= 0
    assert record["cpu_seconds"] >= 0
    assert record["peak_memory_bytes"] > block.nbytes
    assert record["git"] is None
    assert record["host"]


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_git_state_says_commit_and_dirt(tmp_path: Path) -> None:
    assert environment.git_state(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert environment.git_state(tmp_path) is None
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "untracked").touch()
    assert environment.git_state(tmp_path) == {"commit": commit, "dirty": False}
    (tmp_path / "a").write_text("2")
    assert environment.git_state(tmp_path) == {"commit": commit, "dirty": True}


def test_a_frozen_copy_records_the_commit_that_it_was_copied_from(tmp_path: Path) -> None:
    package = Path(environment.__file__).parents[1]
    copy = tmp_path / "src" / "hembench"
    for name in ("__init__.py", "store/__init__.py", "store/environment.py"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((package / name).read_bytes())
    (tmp_path / "git.json").write_text('{"commit": "abc", "dirty": true}')
    script = (
        "from pathlib import Path; from hembench.store import environment as e; "
        "assert e.Meter().record(Path('.'))['git'] == {'commit': 'abc', 'dirty': True}"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": str(tmp_path / "src")})
