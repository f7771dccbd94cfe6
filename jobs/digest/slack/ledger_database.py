"""The database behind the ledger: its tables, its transactions and its clock, and what to do when it cannot be used."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from jobs.deployment.private_folders import make_private_folder
from jobs.digest.slack.host_clock import HostClock

_tables = sa.MetaData()
sent_messages = sa.Table(
    "sent_messages",
    _tables,
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
slack_channels = sa.Table(
    "slack_channels",
    _tables,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("slack_channel", sa.String(100), nullable=False),
)
channel_readings = sa.Table(
    "channel_readings",
    _tables,
    sa.Column("slack_channel", sa.String(100), primary_key=True),
    sa.Column("read_until", sa.Float, nullable=False),
)


class LedgerError(Exception):
    """The ledger cannot be used; the message says what to do."""


class LedgerUnavailable(LedgerError):
    """The database does not answer, or is none."""


class LedgerDatabase:
    """A database URI; creates the tables. Raises LedgerUnavailable if the URI is none or the database does not answer, whenever it is used."""

    def __init__(self, uri: str, clock: HostClock) -> None:
        self._clock, self._engine = clock, _engine_of(uri)
        for table in _tables.sorted_tables:
            with contextlib.suppress(IntegrityError), self.begin() as connection:  # PostgreSQL's answer to two who create it at once
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))

    def close(self) -> None:
        self._engine.dispose()

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise _unavailable(self._engine.url, error) from error

    def seconds_now(self, connection: sa.Connection) -> float:
        """The time by which leases end: the database's own where several hosts share it, whose clocks may differ."""
        if connection.dialect.name == "sqlite":
            return self._clock.now()
        return float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def _engine_of(uri: str) -> sa.Engine:
    try:
        url = sa.engine.make_url(uri)
        is_sqlite = url.get_backend_name() == "sqlite"
        if is_sqlite and url.database:
            make_private_folder(Path(url.database).parent)
        return sa.create_engine(url, connect_args={"timeout": 60} if is_sqlite else {})
    except (SQLAlchemyError, ImportError, OSError, ValueError) as error:
        known = "sqlite:///folder/ledger.db and postgresql://user@host/database"
        raise LedgerUnavailable(f"LEDGER_URI names no ledger that can be opened ({error}); it is such as {known}") from error


def _unavailable(url: sa.URL, error: SQLAlchemyError) -> LedgerUnavailable:
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    return LedgerUnavailable(
        f"the ledger {url.render_as_string(hide_password=True)} cannot be used ({cause}). Nothing is sent without it: see that its"
        " database runs and may be written, or correct LEDGER_URI; then run this task again, which sends nothing twice"
    )
