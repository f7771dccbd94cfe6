"""Starts Spark's Python workers on this machine without the archives that make each of their tasks slow.

Spark puts pyspark.zip, py4j's zip and its core jar on the workers' path, and each task reads their directories anew (Python 3.11's zipimport
does on `importlib.invalidate_caches()`): 40 empty tasks take 8.0 s of processor time, and 2.5 s without them. pip's pyspark needs none of
them. What the ping source imports is loaded here once, instead of in each worker. Spark runs this as `python -m jobs.deployment.spark_daemon`.
"""

import gc
import sys
from importlib.machinery import PathFinder
from pathlib import Path


def drop_archives() -> None:
    """Takes archives off the module path, but for the one that holds this project, unless pyspark itself is found in none but them."""
    kept = [entry for entry in sys.path if not Path(entry).is_file() or __file__.startswith(entry)]
    if PathFinder.find_spec("pyspark", kept) is None:
        return
    for archive in set(sys.path) - set(kept):
        sys.path_importer_cache.pop(archive, None)
    sys.path[:] = kept


if __name__ == "__main__":
    drop_archives()
    import pyspark.sql.pandas.serializers  # noqa: F401 - the workers, which fork from here, find it loaded
    from pyspark import daemon

    import jobs.pings.split_reader  # noqa: F401 - likewise
    from jobs.tables.lake.arrow_alone import leave_pandas_out

    leave_pandas_out()
    gc.freeze()  # collections after each task would look through all of it, and copy its pages
    daemon.manager()  # type: ignore[no-untyped-call]
