"""What was sent to Slack: one row for each message key, with a leased claim, so that of two digests only one sends at a time.

Iceberg has no unique keys, hence a database of its own (`LEDGER_URI`): SQLite on one machine, PostgreSQL for several.
"""

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from jobs.digest.messages.outgoing_message import Freshness
from jobs.digest.slack.host_clock import HostClock
from jobs.digest.slack.ledger_database import LedgerDatabase, LedgerError, channel_readings, sent_messages, slack_channels


class LedgerBusy(LedgerError):
    """Another digest holds the message and does not let go of it."""


@dataclass(frozen=True)
class LedgerEntry:
    """One message's row. `slack_channel` is a channel's id.

    `state`: claimed (nothing was sent), sending (the outcome is unknown), sent, doubtful (sent, and a twin may turn up), deleted (by a
    person, and left so).
    """

    key: str
    slack_channel: str
    report_day: date
    state: str
    ts: str | None = None
    thread_ts: str | None = None
    content_hash: str | None = None
    freshness: Freshness | None = None
    reposts: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)


class SentLedger:
    """The ledger behind a database URI; creates its tables. Claims last `lease_seconds` unless renewed or released.

    Raises LedgerUnavailable if the URI is none or the database does not answer, here and in every method.
    """

    def __init__(self, uri: str, lease_seconds: float = 60.0, patience_seconds: float = 120.0, clock: HostClock | None = None) -> None:
        self._lease_seconds, self._patience_seconds, self.clock = lease_seconds, patience_seconds, clock or HostClock()
        self._owner = uuid.uuid4().hex
        self._database = LedgerDatabase(uri, self.clock)

    def close(self) -> None:
        self._database.close()

    def find(self, key: str) -> LedgerEntry | None:
        """What is noted of a message, without claiming it."""
        with self._database.begin() as connection:
            row = connection.execute(sa.select(sent_messages).where(sent_messages.c.key == key)).mappings().first()
        return _entry(row) if row is not None else None

    def sent_between(self, first: date, last: date) -> list[LedgerEntry]:
        """The messages of report days in [first, last]."""
        days = sent_messages.c.report_day.between(first.isoformat(), last.isoformat())
        with self._database.begin() as connection:
            rows = (
                connection.execute(sa.select(sent_messages).where(days).order_by(sent_messages.c.report_day, sent_messages.c.key))
                .mappings()
                .all()
            )
        return [_entry(row) for row in rows]

    def uncertain_keys(self, slack_channel: str) -> list[str]:
        """The messages of a Slack channel that may stand there twice, or of which is not known whether they stand there at all."""
        uncertain = sa.and_(sent_messages.c.state.in_(("doubtful", "sending")), sent_messages.c.slack_channel == slack_channel)
        with self._database.begin() as connection:
            return list(connection.execute(sa.select(sent_messages.c.key).where(uncertain).order_by(sent_messages.c.key)).scalars())

    def channel_named(self, name: str) -> str | None:
        """The id of the Slack channel that was found under the name when it was first used."""
        with self._database.begin() as connection:
            return connection.execute(sa.select(slack_channels.c.slack_channel).where(slack_channels.c.name == name)).scalar()

    def note_channel(self, name: str, slack_channel: str, new_keys: Callable[[str], str]) -> None:
        """Keeps the id of a name, and carries over what was noted under the name, with `new_keys` for the old ones."""
        with contextlib.suppress(IntegrityError), self._database.begin() as connection:  # another digest was first
            connection.execute(sa.insert(slack_channels).values(name=name, slack_channel=slack_channel))
        with self._database.begin() as connection:
            known = set(connection.execute(sa.select(sent_messages.c.key).where(sent_messages.c.slack_channel == slack_channel)).scalars())
            for key in (
                connection.execute(sa.select(sent_messages.c.key).where(sent_messages.c.slack_channel.in_((name, f"#{name}"))))
                .scalars()
                .all()
            ):
                if new_keys(key) not in known:
                    known.add(new_keys(key))
                    connection.execute(
                        sa.update(sent_messages).where(sent_messages.c.key == key).values(key=new_keys(key), slack_channel=slack_channel)
                    )

    def forget_channel(self, slack_channel: str) -> None:
        """Lets the channel's names be looked up again."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(slack_channels).where(slack_channels.c.slack_channel == slack_channel))

    def read_until(self, slack_channel: str) -> float | None:
        """Until when (seconds since 1970) the channel's messages were compared with the ledger; None if never."""
        with self._database.begin() as connection:
            return connection.execute(
                sa.select(channel_readings.c.read_until).where(channel_readings.c.slack_channel == slack_channel)
            ).scalar()

    def note_reading(self, slack_channel: str, read_until: float) -> None:
        with self._database.begin() as connection:
            mine = channel_readings.c.slack_channel == slack_channel
            if connection.execute(sa.update(channel_readings).where(mine).values(read_until=read_until)).rowcount == 1:
                return
        with contextlib.suppress(IntegrityError), self._database.begin() as connection:
            connection.execute(sa.insert(channel_readings).values(slack_channel=slack_channel, read_until=read_until))

    @contextlib.contextmanager
    def claim(self, key: str, slack_channel: str, report_day: date) -> Iterator["Claim"]:
        """Holds the message until the block ends; waits for another holder, whose lease ends if its process died.

        Raises LedgerBusy when it waited in vain.
        """
        deadline = self.clock.elapsed() + self._patience_seconds
        while not self._try_to_claim(key, slack_channel, report_day):
            if self.clock.elapsed() > deadline:
                raise LedgerBusy(f"another digest has been sending {key} for {self._patience_seconds:.0f} s; run this task again later")
            self.clock.sleep(0.05)
        claim = Claim(key, self._write, lambda: self.find(key), self.clock.now)
        try:
            yield claim
        finally:
            self._release(key)

    def _try_to_claim(self, key: str, slack_channel: str, report_day: date) -> bool:
        with self._database.begin() as connection:
            now = self._database.seconds_now(connection)
            lease = {"claimed_by": self._owner, "claimed_until": now + self._lease_seconds}
            is_free = sa.or_(sent_messages.c.claimed_by.is_(None), sent_messages.c.claimed_until < now)
            if connection.execute(sa.update(sent_messages).where(sent_messages.c.key == key, is_free).values(lease)).rowcount == 1:
                return True
        new = {"key": key, "slack_channel": slack_channel, "report_day": report_day.isoformat(), "state": "claimed", **lease}
        try:
            with self._database.begin() as connection:
                connection.execute(sa.insert(sent_messages).values(reposts=0, notes="{}", **new))
        except IntegrityError:  # somebody else was first
            return False
        return True

    def _release(self, key: str) -> None:
        mine = sa.and_(sent_messages.c.key == key, sent_messages.c.claimed_by == self._owner)
        with self._database.begin() as connection:
            connection.execute(sa.update(sent_messages).where(mine).values(claimed_by=None, claimed_until=None))

    def _write(self, key: str, values: Mapping[str, Any]) -> None:
        mine = sa.and_(sent_messages.c.key == key, sent_messages.c.claimed_by == self._owner)
        with self._database.begin() as connection:
            renewed = {"claimed_until": self._database.seconds_now(connection) + self._lease_seconds, **values}
            if connection.execute(sa.update(sent_messages).where(mine).values(renewed)).rowcount != 1:
                raise LedgerBusy(f"the claim on {key} ended while it was being sent; run this task again")


@dataclass(frozen=True)
class Claim:
    """A claimed message: its entry can be read and written, and each write renews the lease."""

    key: str
    _write: Callable[[str, Mapping[str, Any]], None]
    _read: Callable[[], LedgerEntry | None]
    now: Callable[[], float]
    """Seconds since 1970, by this host's clock."""

    @property
    def entry(self) -> LedgerEntry:
        entry = self._read()
        if entry is None:
            raise LedgerBusy(f"the ledger's row {self.key} was deleted while it was being sent")
        return entry

    def note(self, *, freshness: Freshness | None = None, notes: Mapping[str, Any] | None = None, **values: Any) -> None:
        """Writes the named columns; renews the lease also without any."""
        written = dict(values)
        if freshness is not None:
            written |= {"shows_until": freshness.shows_until.timestamp(), "is_settled": freshness.is_settled}
        if notes is not None:
            written["notes"] = json.dumps({**self.entry.notes, **notes}, default=str)
        self._write(self.key, written)


def _entry(row: sa.RowMapping) -> LedgerEntry:
    is_dated = row["shows_until"] is not None
    return LedgerEntry(
        key=row["key"],
        slack_channel=row["slack_channel"],
        report_day=date.fromisoformat(row["report_day"]),
        state=row["state"],
        ts=row["ts"],
        thread_ts=row["thread_ts"],
        content_hash=row["content_hash"],
        freshness=Freshness(datetime.fromtimestamp(row["shows_until"], UTC), bool(row["is_settled"])) if is_dated else None,
        reposts=row["reposts"],
        notes=json.loads(row["notes"]),
    )
