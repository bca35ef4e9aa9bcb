"""Edits of code that make nothing stale, whatever file they are in: they can't change a result."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hembench.core.plugins import ENTRY
from hembench.plan.boundary import BOUNDARY

if TYPE_CHECKING:
    from conftest import Project


def sources(project: Project) -> list[Path]:
    """Return every file of the package that holds code."""
    files = sorted((project.root / "src" / "hembench").rglob("*.py"))
    return [path for path in files if path.read_bytes().strip()]


def rewrite(project: Project, change: Callable[[ast.Module], Any]) -> None:
    """Write every file anew from its changed syntax tree, which drops comments and formatting too."""
    for path in sources(project):
        before = path.read_text(encoding="utf-8")
        after = ast.unparse(ast.fix_missing_locations(change(ast.parse(before)))) + "\n"
        assert after != before
        path.write_text(after, encoding="utf-8")


class Docstrings(ast.NodeTransformer):
    """Gives everything that can have a docstring another one."""

    def _another(self, node: Any) -> Any:
        self.generic_visit(node)
        old = ast.get_docstring(node) is not None
        node.body = [ast.Expr(ast.Constant("Something else.")), *node.body[old:]]
        return node

    visit_Module = visit_ClassDef = visit_FunctionDef = _another  # noqa: N815


class Hints(ast.NodeTransformer):
    """Takes the hints of functions, variables and constants away; those of class bodies and options stay."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for argument in [*node.args.posonlyargs, *node.args.args, node.args.vararg, node.args.kwarg]:
            if argument is not None:
                argument.annotation = None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [part if isinstance(part, ast.AnnAssign) else self.visit(part) for part in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.Assign([node.target], node.value) if node.value is not None else node


def test_comments_and_formatting_everywhere(pretended: Project) -> None:
    rewrite(pretended, lambda tree: tree)
    for path in sources(pretended):
        path.write_text(f"# a comment\n\n\n{path.read_text(encoding='utf-8')}# another\n", encoding="utf-8")
    assert pretended.would_make() == set()


def test_docstrings_everywhere(pretended: Project) -> None:
    rewrite(pretended, Docstrings().visit)
    assert pretended.would_make() == set()


def test_hints_of_functions_and_variables_everywhere(pretended: Project) -> None:
    rewrite(pretended, Hints().visit)
    assert pretended.would_make() == set()


def test_a_new_unused_function_and_unused_imports_everywhere(pretended: Project) -> None:
    """But for functions of a stage's own file: every one of them is an entry to its code."""
    for path in sources(pretended):
        shared = path.parent.name != "stages" or path.name.startswith("_")
        with path.open("a", encoding="utf-8") as file:
            file.write("\n\nimport bisect\n\nfrom hembench.core.digest import canonical as _unused\n")
            file.write("\n\ndef _new(x):\n    return _unused(bisect.bisect([1], x))\n" if shared else "")
    assert pretended.would_make() == set()


def test_a_new_file_in_each_folder_of_plugins(pretended: Project) -> None:
    for kind in ENTRY:
        example = next((pretended.root / "src" / "hembench" / kind).glob("[a-z]*.py"))
        text = example.read_text(encoding="utf-8").replace(f"def {example.stem}(", "def newcomer(")
        (example.parent / "newcomer.py").write_text(text, encoding="utf-8")
    assert pretended.would_make() == set()


def test_boundary_code(pretended: Project) -> None:
    """What its edit does to the bytes of results is shown by a real run in test_real_edits.py: nothing."""
    places = [pretended.root / "src" / Path(*module.split(".")) for module in BOUNDARY]
    files = [path.with_suffix(".py") for path in places if not path.is_dir()]
    files += [file for path in places for file in path.glob("*.py") if file.name != "__init__.py"]
    edited = 0
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        edited += len(functions)
        for function in functions:
            function.body[0:0] = ast.parse("_edited = 1").body
        path.write_text(ast.unparse(ast.fix_missing_locations(tree)) + "\n_EDITED = 1\n", encoding="utf-8")
    assert edited > len(BOUNDARY)
    assert pretended.would_make() == set()


def test_an_edit_that_is_taken_back(pretended: Project) -> None:
    for file in ("losses/hem.py", "networks/mlp.py", "stages/train.py", "core/streams.py"):
        pretended.edit(f"src/hembench/{file}", "return ", "return None or ")
    assert "train/digits-mlp_tiny-one_epoch-hem-s0" in pretended.would_make()
    pretended.git("checkout", "--quiet", ".")
    assert pretended.would_make() == set()
