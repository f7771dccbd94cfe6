"""What scoring is given of each channel, straight from rows of release_totals in memory."""

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.windows import HOUR
from jobs.scoring.inputs.day_totals import channels_of_days, day_series, days_between
from jobs.scoring.inputs.prepared_cells import ChannelRecord
from jobs.scoring.inputs.release_record import release_record


def channel_records(rows, missing, origin, end, calendar, **given):
    """The channels of the hours [origin, end), by name; hours in `missing` are not complete."""
    is_complete = np.array([origin + i * HOUR not in missing for i in range((end - origin) // HOUR)])
    time = rows.schema.field("hour_start").type
    in_days = [(day, _between(rows, day, day + 24 * HOUR, time)) for day in days_between(origin, end)]
    days = pa.concat_tables([day_series(of_day, day) for day, of_day in in_days])

    @cache
    def record_of(release, previous):
        return release_record(rows, release, previous, min(HORIZON_HOURS, (end - release.hour) // HOUR))

    return {
        totals.channel: ChannelRecord(totals, record_of, lambda _: given.get("delays"), calendar, given.get("reviews", ()))
        for totals in channels_of_days(days, origin, is_complete)
    }


def _between(rows, start, end, time):
    return rows.filter((pc.field("hour_start") >= pa.scalar(start, time)) & (pc.field("hour_start") < pa.scalar(end, time)))
