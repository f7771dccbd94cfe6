"""pyarrow without pandas, for tasks that have no data frames."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError("left out by leave_pandas_out", name=fullname)
        return None


def leave_pandas_out() -> None:
    """For the rest of this process pyarrow takes pandas for not installed: its conversions from and to data frames fail. Others can import it.

    pyarrow imports pandas when it first meets a list, only to see whether that is one of pandas' own: a third of a second of processor time
    and 45 MB of each task.
    """
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([0])  # pyarrow looks once, and keeps in mind what it found
    finally:
        sys.meta_path.remove(finder)
