"""Landing zones whose windows overlap in every way that must not matter: copies across hours and days, late objects, empty hours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobs.declarations.windows import HOUR
from tests.ping_factory import close_hour, core_ping, crash_ping, land, main_ping, update_ping

DAY = datetime(2017, 11, 20, tzinfo=UTC)


def land_hour(landing: Path, hour_start: datetime, copies_of: datetime | None = None) -> None:
    """Use, crashes and an update, a bad line, and a main ping that also came in the hour `copies_of`."""
    at = hour_start + timedelta(minutes=12)
    usage = 1000 + hour_start.hour * 10 + hour_start.day
    pings = [
        main_ping({"body.use.seconds": usage, "arrival.id": f"main-{hour_start:%d-%H}"}, at),
        main_ping({"body.use.seconds": 7, "about.trials": {"e": {"branch": "on"}}}, at),
    ]
    if copies_of:
        pings.append(main_ping({"arrival.id": f"main-{copies_of:%d-%H}"}, at))
    land(landing, pings, "main", hour_start)
    land(
        landing,
        [crash_ping({"installation": "looping"}, at + timedelta(seconds=i)) for i in range(7)],
        "crash",
        hour_start,
        "crash.ndjson.gz",
    )
    land(landing, [update_ping({}, at)], "update", hour_start)
    land(landing, [core_ping({}, at)], "core", hour_start)
    land(landing, b"{not json\n", "main", hour_start, "bad.ndjson")
    close_hour(landing, hour_start)


def land_week(landing: Path) -> None:
    """Seven days with an hour or two each; every hour repeats a ping of the hour before, within the day or across midnight."""
    hours = [DAY + day * 24 * HOUR + hour * HOUR for day in range(7) for hour in ((0, 23) if day % 2 else (23,))]
    for hour, before in zip(hours, [None, *hours], strict=False):
        land_hour(landing, hour, copies_of=before)
