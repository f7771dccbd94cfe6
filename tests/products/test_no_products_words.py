"""No product's word stands outside of its declaration: in what runs, as text that somebody sees or that something is compared with."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.deployment.settings import ROOT

WORDS = re.compile(
    r"firefox|fennec|fenix|gecko|mozilla|harbor\b|aurora|nightly|\besr\b|normalizedChannel|main_crashes|content_crashes|payload\.",
    re.IGNORECASE,
)
ALLOWED = {
    "jobs/deployment/settings.py": {"firefox"},  # the default product's name
    "jobs/deployment/settings_rules.py": {"firefox"},
    "jobs/deployment/product_sections.py": {"harbor"},  # an example
}
PRODUCTS = ROOT / "jobs" / "products"
MODULES = [
    path for room in ("jobs", "expectations", "dags") for path in sorted((ROOT / room).rglob("*.py")) if not path.is_relative_to(PRODUCTS)
]


def texts(path: Path) -> Iterator[str]:
    """The texts of a module, without its docstrings."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented)]
    said = {id(statement.value) for body in bodies for statement in body if isinstance(statement, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_products_word_is_in_a_text(path: Path) -> None:
    found = {word.lower() for text in texts(path) for word in WORDS.findall(text)}
    assert found - ALLOWED.get(path.relative_to(ROOT).as_posix(), set()) == set()
