"""How many clients crashed for the first time on their day, from a release's rows of client_reach."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.populations import OTHER_GROUP, POPULATION_BY_MEASURE
from jobs.declarations.windows import HOUR
from jobs.reach.sketches import growing_counts
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.inputs.release_record import STRATUM_NAMES, HourlyCounts

_Row = dict[str, object]


def crashed_clients(rows: pa.Table, release: Release, hours: int) -> HourlyCounts | None:
    """By platform and hour since release, for each measure whose clients are counted; None where they are not.

    NaN in hours without a row of the platform: it had too few clients for one, or the hour is not known. Sums over a day are exact up to
    4,096 clients, and follow the sketch's estimate beyond.
    """
    is_own = (pc.field("channel") == release.channel) & (pc.field("release_version") == release.version)
    found = [row for row in rows.filter(is_own & (pc.field("os_name") != OTHER_GROUP)).to_pylist() if 0 <= _age(row, release) < hours]
    if not found:
        return None
    platforms = sorted({str(row["os_name"]) for row in found})
    known = np.full((len(platforms), hours), np.nan)
    for row in found:
        known[platforms.index(str(row["os_name"])), _age(row, release)] = 0.0
    by_measure = {measure: known.copy() for measure in POPULATION_BY_MEASURE}
    for measure, population in POPULATION_BY_MEASURE.items():
        for place, platform in enumerate(platforms):
            own = [row for row in found if row["os_name"] == platform and row["population"] == population]
            for hour, clients in _first_of_day(own):
                by_measure[measure][place, int((hour - release.hour) / HOUR)] = clients
    strata = tuple((platform, *("",) * (len(STRATUM_NAMES) - 1)) for platform in platforms)
    return HourlyCounts(strata, by_measure)


def _age(row: _Row, release: Release) -> int:
    hour = row["hour_start"]
    assert isinstance(hour, datetime)
    return int((hour - release.hour) // HOUR)


def _first_of_day(rows: Iterable[_Row]) -> Iterable[tuple[datetime, float]]:
    """Each hour with the clients that no earlier hour of its UTC day has."""
    by_day: dict[object, dict[str, dict[datetime, bytes]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        hour, sketch = row["hour_start"], row["sketch"]
        assert isinstance(hour, datetime) and isinstance(sketch, bytes)
        by_day[hour.date()][str(row["key_id"])][hour] = sketch
    for by_key in by_day.values():
        # While a secret gives way to another there are rows of both; a day is counted by the one that has more of it.
        key = max(sorted(by_key), key=lambda key: len(by_key[key]))
        of_day = dict(sorted(by_key[key].items()))
        counts = list(growing_counts(of_day.values()))
        yield from zip(of_day, np.diff(counts, prepend=0.0).tolist(), strict=True)
