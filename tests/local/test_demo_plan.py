"""What the demo backfills before its hourly run."""

from datetime import UTC, datetime, timedelta

from jobs.declarations.windows import Mode
from local.demo.plan import Backfill, current_hour, hours_from, plan_backfill

START = datetime(2026, 11, 20, tzinfo=UTC)
END = datetime(2026, 11, 22, 3, tzinfo=UTC)


def _complete(first: datetime, end: datetime, mode: Mode) -> dict[datetime, Mode]:
    return {first + timedelta(hours=n): mode for n in range(round((end - first) / timedelta(hours=1)))}


def test_with_nothing_there_all_of_the_history() -> None:
    assert plan_backfill({}, START, END) == Backfill(START, END)


def test_with_everything_there_nothing() -> None:
    today = datetime(2026, 11, 22, tzinfo=UTC)
    complete = _complete(START, today, Mode.SETTLED) | _complete(today, END, Mode.PROVISIONAL)
    assert plan_backfill(complete, START, END) is None


def test_from_the_midnight_before_the_first_missing_hour() -> None:
    complete = _complete(START, END, Mode.SETTLED)
    del complete[datetime(2026, 11, 21, 17, tzinfo=UTC)]
    assert plan_backfill(complete, START, END) == Backfill(datetime(2026, 11, 21, tzinfo=UTC), END)


def test_past_days_that_were_never_settled_are_settled() -> None:
    assert plan_backfill(_complete(START, END, Mode.PROVISIONAL), START, END) == Backfill(START, END)


def test_an_end_at_midnight_is_a_day_and_not_an_hour() -> None:
    assert Backfill(START, datetime(2026, 11, 22, tzinfo=UTC)).conf["end"] == "2026-11-22"
    assert Backfill(START, END).conf["end"] == "2026-11-22T03:00"
    assert Backfill(START, END).conf["dry_run"] is False


def test_hours_are_named_by_their_ends() -> None:
    assert hours_from(END, END + timedelta(hours=2)) == [END + timedelta(hours=1), END + timedelta(hours=2)]
    assert hours_from(END, END) == []
    assert current_hour(END + timedelta(minutes=59)) == END
