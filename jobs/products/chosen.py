"""The product that this process works for: the one that PRODUCT names, or the settings file's `product`, else Firefox of 2017.

PRODUCT is the name of a module of this folder (`glean`), or the path of a Python file that defines PRODUCT (`/srv/harbor.py`). One process
works for one product; everything else derives from it.
"""

import importlib
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from jobs.declarations.product import Product
from jobs.deployment.settings import product_setting
from jobs.products.product_problems import product_problems

_HERE = Path(__file__).parent
_NO_PRODUCTS = {"__init__", "chosen", "product_problems"}


class ProductError(Exception):
    """The product is not declared as it must be; the message names file, field and what is allowed."""


def load_product(name: str) -> Product:
    """The product of that name, or that the file at that path defines. ProductError where there is none."""
    if name.endswith(".py"):
        return _from_file(Path(name))
    known = sorted(path.stem for path in _HERE.glob("*.py") if path.stem not in _NO_PRODUCTS)
    try:
        module = importlib.import_module(f"jobs.products.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"jobs.products.{name}":
            raise
        message = f"PRODUCT is {name!r}; it is one of {', '.join(known)}, or the path of a .py file that defines PRODUCT"
        raise ProductError(message) from None
    return _product_in(vars(module), f"jobs/products/{name}.py")


def _from_file(path: Path) -> Product:
    if not path.is_file():
        raise ProductError(f"PRODUCT is {str(path)!r}: there is no such file")
    spec = spec_from_file_location(f"product_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses and enums look for their module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ProductError(f"{path}: {type(error).__name__}: {error}") from error
    return _product_in(vars(module), str(path))


def _product_in(names: dict[str, object], place: str) -> Product:
    product = names.get("PRODUCT")
    if not isinstance(product, Product):
        raise ProductError(f"{place} defines no PRODUCT = Product(...), of jobs.declarations.product")
    return product


def _chosen() -> Product:
    try:
        product = load_product(SOURCE)
        if problems := product_problems(product):
            raise ProductError("; ".join(problems))
        return product
    except ProductError as error:
        if "airflow" in sys.modules:
            raise
        # Every command imports its declarations before it can speak for itself.
        sys.exit(f"Error: {error}. docs/products.md shows a whole declaration.")


SOURCE = product_setting()
PRODUCT = _chosen()
# For the processes that this one starts, Spark's Python workers among them.
os.environ["PRODUCT"] = str(Path(SOURCE).absolute()) if SOURCE.endswith(".py") else SOURCE
