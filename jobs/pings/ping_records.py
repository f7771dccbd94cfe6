"""What the ping source yields: one Arrow schema for accepted pings, rejects and counts of lines, derived from the declarations.

`kind` says what a record is:

- `ping`: an accepted ping; dimensions and measures are set, `line_count` is 1.
- `reject`: a rejected line (`line_count` 1), or the rejects of one reason beyond those kept as rows
  (`line_count` n, `line_in_split` NULL).
- `lines`: the number of lines that begin in a piece of an object; one record for each piece. Over the pieces of an object
  they add up to its lines, and for each piece lines = pings + rejects.
"""

import pyarrow as pa

from jobs.declarations.dimensions import DIMENSIONS
from jobs.declarations.measures import MEASURES
from jobs.declarations.product import CappedPerClientHour, Measure

EXPERIMENT = pa.struct([pa.field("experiment", pa.string(), nullable=False), pa.field("branch", pa.string(), nullable=False)])

PING_MEASURES: tuple[Measure, ...] = tuple(measure for measure in MEASURES if not isinstance(measure.source, CappedPerClientHour))
"""The measures that a single ping carries; capped ones need a client's pings of the hour together."""

ENVELOPE_FIELDS: tuple[pa.Field, ...] = (
    pa.field("kind", pa.string(), nullable=False),
    pa.field("hour_start", pa.timestamp("us", tz="UTC"), nullable=False),
    pa.field("object_key", pa.string(), nullable=False),
    pa.field("split_start", pa.int64(), nullable=False),
    pa.field("line_in_split", pa.int64()),
    pa.field("line_count", pa.int64(), nullable=False),
    pa.field("reason", pa.string()),
    pa.field("document_id", pa.string()),
    pa.field("doc_type", pa.string()),
    pa.field("received_at_ns", pa.int64()),
    pa.field("client_key", pa.int64()),
    pa.field("client_key_before", pa.int64()),
    pa.field("experiments", pa.list_(EXPERIMENT)),
)


def _measure_field(measure: Measure) -> pa.Field:
    return pa.field(measure.name, pa.float64() if measure.unit == "hours" else pa.int64())


PING_RECORD_SCHEMA = pa.schema(
    [
        *ENVELOPE_FIELDS,
        *(pa.field(dimension.name, pa.string()) for dimension in DIMENSIONS),
        *(_measure_field(measure) for measure in PING_MEASURES),
    ]
)
"""hour_start is that of the object's folder; split_start is in bytes (0 for a compressed object); line_in_split counts from 1;
received_at_ns is `meta.Timestamp`, nanoseconds since 1970 by the server's clock. The client keys are those of jobs/pings/client_keys.py: no
record holds a client's id."""
