"""What was sent to Slack: one row for each message key, with a leased claim, so that of two digests only one sends at a time.

Iceberg has no unique keys, hence a database of its own (`LEDGER_URI`): SQLite on one machine, PostgreSQL for several.
"""

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from jobs.digest.outgoing_message import Freshness

_metadata = sa.MetaData()
_sent = sa.Table(
    "sent_messages",
    _metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("slack_channel", sa.String(100), nullable=False),
    sa.Column("report_day", sa.String(10), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("ts", sa.String(30)),
    sa.Column("thread_ts", sa.String(30)),
    sa.Column("content_hash", sa.String(64)),
    sa.Column("shows_until", sa.Float),
    sa.Column("is_settled", sa.Boolean),
    sa.Column("reposts", sa.Integer, nullable=False, default=0),
    sa.Column("notes", sa.Text, nullable=False, default="{}"),
    sa.Column("claimed_by", sa.String(40)),
    sa.Column("claimed_until", sa.Float),
)


class LedgerBusy(Exception):
    """Another digest holds the message and does not let go of it."""


@dataclass(frozen=True)
class LedgerEntry:
    """One message's row.

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
    """The ledger behind a database URI; creates its table. Claims last `lease_seconds` unless renewed or released."""

    def __init__(self, uri: str, lease_seconds: float = 60.0, patience_seconds: float = 120.0) -> None:
        url = sa.engine.make_url(uri)
        is_sqlite = url.get_backend_name() == "sqlite"
        if is_sqlite and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(url, connect_args={"timeout": 60} if is_sqlite else {})
        self._lease_seconds, self._patience_seconds = lease_seconds, patience_seconds
        self._owner = uuid.uuid4().hex
        with contextlib.suppress(IntegrityError), self._engine.begin() as connection:  # PostgreSQL's answer to two who create it at once
            connection.execute(sa.schema.CreateTable(_sent, if_not_exists=True))

    def close(self) -> None:
        self._engine.dispose()

    def find(self, key: str) -> LedgerEntry | None:
        """What is noted of a message, without claiming it."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_sent).where(_sent.c.key == key)).mappings().first()
        return _entry(row) if row is not None else None

    def sent_between(self, first: date, last: date) -> list[LedgerEntry]:
        """The messages of report days in [first, last]."""
        days = _sent.c.report_day.between(first.isoformat(), last.isoformat())
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_sent).where(days).order_by(_sent.c.report_day, _sent.c.key)).mappings().all()
        return [_entry(row) for row in rows]

    def doubtful_keys(self, slack_channel: str) -> list[str]:
        """The messages of a Slack channel that may stand there twice."""
        doubtful = sa.and_(_sent.c.state == "doubtful", _sent.c.slack_channel == slack_channel)
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(_sent.c.key).where(doubtful).order_by(_sent.c.key)).scalars())

    @contextlib.contextmanager
    def claim(self, key: str, slack_channel: str, report_day: date) -> Iterator["Claim"]:
        """Holds the message until the block ends; waits for another holder, whose lease ends if its process died.

        Raises LedgerBusy when it waited in vain.
        """
        deadline = time.monotonic() + self._patience_seconds
        while not self._try_to_claim(key, slack_channel, report_day):
            if time.monotonic() > deadline:
                raise LedgerBusy(f"another digest has been sending {key} for {self._patience_seconds:.0f} s; run this task again later")
            time.sleep(0.05)
        claim = Claim(key, self._write, lambda: self.find(key))
        try:
            yield claim
        finally:
            self._release(key)

    def _try_to_claim(self, key: str, slack_channel: str, report_day: date) -> bool:
        now = time.time()
        lease = {"claimed_by": self._owner, "claimed_until": now + self._lease_seconds}
        is_free = sa.or_(_sent.c.claimed_by.is_(None), _sent.c.claimed_until < now)
        with self._engine.begin() as connection:
            if connection.execute(sa.update(_sent).where(_sent.c.key == key, is_free).values(lease)).rowcount == 1:
                return True
        new = {"key": key, "slack_channel": slack_channel, "report_day": report_day.isoformat(), "state": "claimed", **lease}
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(_sent).values(reposts=0, notes="{}", **new))
        except IntegrityError:  # somebody else was first
            return False
        return True

    def _release(self, key: str) -> None:
        mine = sa.and_(_sent.c.key == key, _sent.c.claimed_by == self._owner)
        with self._engine.begin() as connection:
            connection.execute(sa.update(_sent).where(mine).values(claimed_by=None, claimed_until=None))

    def _write(self, key: str, values: Mapping[str, Any]) -> None:
        renewed = {"claimed_until": time.time() + self._lease_seconds, **values}
        mine = sa.and_(_sent.c.key == key, _sent.c.claimed_by == self._owner)
        with self._engine.begin() as connection:
            if connection.execute(sa.update(_sent).where(mine).values(renewed)).rowcount != 1:
                raise LedgerBusy(f"the claim on {key} ended while it was being sent; run this task again")


@dataclass(frozen=True)
class Claim:
    """A claimed message: its entry can be read and written, and each write renews the lease."""

    key: str
    _write: Callable[[str, Mapping[str, Any]], None]
    _read: Callable[[], LedgerEntry | None]

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
