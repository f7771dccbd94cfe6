"""Say what ingestion would make of a file of pings: every problem of every line, with field, what was found and what is allowed.

Reads newline-delimited JSON (.ndjson, .ndjson.gz, .ndjson.zst) or Parquet (.parquet, a row a ping) by the rules of ingestion, without Spark.
Where the file lies in folders as the landing zone has them (submission_date=.../submission_hour=.../<type>/), each ping must belong there; else its
own hour and type are taken, and --ping-type where pings don't say their type. Writes nothing. It fails, with exit code 1, if any line would be
rejected.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from jobs.commands.command_line import EntryPoint
from jobs.declarations.measures import PING_TYPES
from jobs.pings.byte_splits import ObjectPiece
from jobs.pings.client_values import path_names
from jobs.pings.landing_zone import folder_of
from jobs.pings.line_pieces import UnreadableRestError, lines_beginning_in
from jobs.pings.line_problems import Problem, document_problems, line_problems
from jobs.pings.object_blocks import object_blocks
from jobs.pings.parquet_rows import is_parquet, row_values
from jobs.pings.ping_extraction import PingExtraction
from jobs.pings.reject_reasons import RejectReason
from jobs.pings.stored_files import local_etag
from jobs.wording.shown_numbers import plural

_ANY_HOUR = datetime(1970, 1, 1, tzinfo=UTC)


@click.command(cls=EntryPoint, help=__doc__)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--ping-type", type=click.Choice(PING_TYPES), help="Of files outside of the landing zone's folders, where pings don't say it."
)
def main(files: tuple[Path, ...], ping_type: str | None) -> None:
    lines, rejected, reasons = 0, 0, Counter[StrEnum]()
    for file in files:
        for line in check_file(file, ping_type):
            lines += 1
            rejected += bool(line.problems)
            for problem in line.problems:
                reasons[problem.reason] += 1
                click.echo(f"{file}, line {line.number}: {problem}")
    counted = f"{plural(lines, 'line')}: {lines - rejected} accepted, {rejected} rejected"
    if rejected:
        problems = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        raise click.ClickException(f"{counted}; {plural(sum(reasons.values()), 'problem')}: {problems}")
    click.echo(counted)


@dataclass(frozen=True)
class CheckedLine:
    """A line of a file, counted from 1, and what is wrong with it."""

    number: int
    problems: list[Problem]


def check_file(file: Path, ping_type: str | None = None) -> Iterator[CheckedLine]:
    """The lines of a file in order, or its rows."""
    hour_start, ping_type = folder_of(file.resolve().as_posix()) or (None, ping_type)
    stat = file.stat()
    etag = local_etag(stat.st_size, stat.st_mtime_ns)
    if is_parquet(file.name):
        yield from _check_rows(ObjectPiece(file.name, str(file), etag, stat.st_size, hour_start or _ANY_HOUR, ""), ping_type, hour_start)
        return
    for number, line in enumerate(lines_beginning_in(object_blocks(str(file), etag, stat.st_size), 0), start=1):
        if isinstance(line, RejectReason):
            yield CheckedLine(number, [Problem("the line", "more, or less, than can be read", line)])
        else:
            yield CheckedLine(number, line_problems(bytes(line), ping_type, hour_start))


def _check_rows(piece: ObjectPiece, ping_type: str | None, hour_start: datetime | None) -> Iterator[CheckedLine]:
    paths = tuple(
        dict.fromkeys(path for each in ([ping_type] if ping_type else PING_TYPES) for path in PingExtraction(each, piece.hour_start).paths)
    )
    number = 0
    try:
        for number, (values, _) in enumerate(row_values(piece, paths, ()), start=1):
            yield CheckedLine(number, document_problems(_document(paths, values), ping_type, hour_start))
    except UnreadableRestError:
        yield CheckedLine(number + 1, [Problem("the file", "no Parquet that can be read", RejectReason.UNREADABLE_REST)])


def _document(paths: Sequence[str], values: Sequence[object]) -> dict[str, Any]:
    """The document that has these values at these paths; a row may have them in columns of its own."""
    document: dict[str, Any] = {}
    for path, value in zip(paths, values, strict=True):
        *parents, name = path_names(path)
        node = document
        for parent in parents:
            below = node.setdefault(parent, {})
            node = below if isinstance(below, dict) else {}
        if value is not None:
            node.setdefault(name, value)
    return document


if __name__ == "__main__":
    main()
