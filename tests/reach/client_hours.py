"""Rows of client_reach with made-up clients, beside the clients themselves: an exact count for every estimate."""

from datetime import UTC, datetime

import pyarrow as pa
from datasketches import update_theta_sketch

from jobs.declarations.populations import ACTIVE, CRASHED
from jobs.declarations.tables import CLIENT_REACH
from jobs.declarations.windows import HOUR
from jobs.reach.sketches import LG_NOMINAL_ENTRIES, count_clients
from jobs.tables.lake.schemas import arrow_schema

START = datetime(2026, 10, 1, tzinfo=UTC)


def sketch_of(clients):
    """Clients are whole numbers."""
    sketch = update_theta_sketch(LG_NOMINAL_ENTRIES)
    for client in clients:
        sketch.update(int(client))
    return bytes(sketch.compact().serialize())


def row(hour, clients, population=ACTIVE, version="57.0b1", os_name="Windows_NT", channel="beta", key_id="key", run_id="run", start=START):
    sketch = sketch_of(clients)
    count = count_clients(sketch)
    return {
        "hour_start": start + hour * HOUR,
        "channel": channel,
        "release_version": version,
        "os_name": os_name,
        "population": population,
        "key_id": key_id,
        "sketch": sketch,
        "estimate": count.estimate,
        "low": count.low,
        "high": count.high,
        "window_run_id": run_id,
    }


def hour_rows(hour, active, crashed, **place):
    """Both populations of an hour, where there are any: a client that crashed is active, too."""
    rows = [row(hour, {*active, *crashed}, ACTIVE, **place)] if active or crashed else []
    return rows + ([row(hour, crashed, CRASHED, **place)] if crashed else [])


def reach_rows(rows, table=CLIENT_REACH):
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(table))
