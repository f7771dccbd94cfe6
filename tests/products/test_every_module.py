"""Every module can be loaded for every product, so that no product's column or measure is taken for given."""

import pytest

from tests.products.judging import run_python

pytestmark = pytest.mark.long

_LOAD = """
import importlib
from pathlib import Path
for room in ("jobs", "expectations"):
    for path in sorted(Path(room).rglob("*.py")):
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith("jobs.products."):
            importlib.import_module(name)
"""


@pytest.mark.parametrize("product", ["glean", "harbor"])
def test_it_loads(product: str) -> None:
    run_python(product, "-c", _LOAD)
