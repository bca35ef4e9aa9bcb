"""What the texts promise: links lead somewhere, examples run, tables of commands are complete."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from hembench.cli import COMMANDS
from hembench.core import plugins
from hembench.engine.state import from_bytes, to_bytes
from hembench.losses import ce, hem
from hembench.strategies._strategy import Learner, Strategy

ROOT = Path(__file__).parents[1]
TEXTS = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    ROOT / "config" / "README.md",
    ROOT / "reports" / "README.md",
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(text: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", text.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (text.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_readme_leads_to_every_text(name: str) -> None:
    assert f"(docs/{name})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_documents_that_code_names_exist() -> None:
    named = {
        match
        for path in ROOT.glob("src/**/*.py")
        for match in re.findall(r"docs/\w+\.md", path.read_text("utf-8"))
    }
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_tests_that_texts_name_are_there() -> None:
    named = {
        match
        for path in TEXTS
        for match in re.findall(r"(tests/[\w/]+\.py), `(test_\w+)`", path.read_text(encoding="utf-8"))
    }
    assert len(named) >= 13
    missing = {(file, name) for file, name in named if f"def {name}(" not in (ROOT / file).read_text("utf-8")}
    assert missing == set()


def test_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `hembench (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(listed) == set(COMMANDS)


def test_readme_names_every_study() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {path.stem for path in (ROOT / "config").glob("*.yaml") if f"`{path.stem}`" not in text} == set()


def example(tmp_path: Path, kind: str, name: str, marks: str) -> ModuleType:
    """Write the example of docs/adding.md that holds ``marks`` where its kind belongs, and import it."""
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "adding.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (code,) = [block for block in blocks if marks in block]
    path = tmp_path / kind / f"{name}.py"
    path.parent.mkdir()
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_loss_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poly = example(tmp_path, "losses", "poly", "class Poly(")
    monkeypatch.setattr(plugins, "PACKAGE", tmp_path)
    assert plugins.check_options("losses", "poly", {}) == {"epsilon": 1.0}
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, -1.0]], requires_grad=True)
    labels = torch.tensor([0, 2])
    cross_entropy = ce.build(3)(logits, labels)
    torch.testing.assert_close(poly.build(3, epsilon=0.0)(logits, labels), cross_entropy)
    missing = (1 - logits.softmax(1)[[0, 1], labels]).mean()
    loss = poly.build(3, epsilon=2.0)(logits, labels)
    torch.testing.assert_close(loss, cross_entropy + 2 * missing)
    loss.backward()
    assert torch.isfinite(logits.grad).all()
    ignored = poly.build(3)(logits, torch.tensor([0, -100]))
    torch.testing.assert_close(ignored, poly.build(3)(logits[:1], labels[:1]))


def test_the_example_metric_and_score_work(tmp_path: Path) -> None:
    metric = example(tmp_path, "metrics", "mean_confidence", "def mean_confidence(")
    assert metric.mean_confidence([0.5, 1.0]) == 0.75
    assert np.isnan(metric.mean_confidence([]))
    assert set(metric.MEASURED_ON) <= {"clean", "ood", "corruption", "attack"}
    score = example(tmp_path, "scores", "lead", "def lead(")
    np.testing.assert_allclose(score.lead(np.array([[1.0, 4.0, 2.0], [0.0, 0.0, -1.0]], dtype=np.float32)), [2, 0])


def test_the_example_strategy_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = example(tmp_path, "strategies", "l2", "class L2(")
    monkeypatch.setattr(plugins, "PACKAGE", tmp_path)
    assert plugins.check_options("strategies", "l2", {}) == {"strength": 1.0}
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 4).double()
    images, labels = torch.randn(4, 3, dtype=torch.float64), torch.tensor([0, 1, 2, 3])
    episodes = (torch.tensor([0, 1]), torch.tensor([2, 3]))
    criterion = torch.nn.functional.cross_entropy
    learner = Learner(model, criterion, lambda *of: of, labels, episodes, ((0, 1), (2, 3)), False, "c", 0)
    made = module.build(learner, strength=3.0)

    def penalty(strategy: Strategy) -> float:
        logits = model(images)
        loss = criterion(logits, labels)
        return float((strategy.total(loss, images, logits) - loss).detach())

    assert penalty(made) == 0, "the first episode is the plain training"
    assert made.finish(lambda size: []) == {}
    assert penalty(made) == 0, "at the anchor"
    with torch.no_grad():
        for value in model.parameters():
            value += 0.1
    assert penalty(made) == pytest.approx(3.0 * 16 * 0.01)
    again = module.build(learner, strength=3.0)
    again.restore(from_bytes(to_bytes(made.state())))
    assert (again.finished, penalty(again)) == (1, penalty(made))


def test_the_library_example_works() -> None:
    criterion = hem.build(num_classes=10, counts=[5000] * 10)
    assert criterion.margin == pytest.approx(0.2)
    assert criterion(torch.zeros(4, 10), torch.arange(4)).item() == pytest.approx(0.2)
