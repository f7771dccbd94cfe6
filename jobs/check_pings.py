"""Say what ingestion would make of a file of pings: every problem of every line, with field, what was found and what is allowed.

Reads newline-delimited JSON (.ndjson, .ndjson.gz, .ndjson.zst) by the rules of ingestion, without Spark. Where the file lies in folders as the
landing zone has them (submission_date=.../submission_hour=.../<type>/), each ping must belong there; else its own hour and type are taken.
Writes nothing. It fails, with exit code 1, if any line would be rejected.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from jobs.commands.command_line import EntryPoint
from jobs.declarations.windows import parse_hour
from jobs.pings.line_pieces import lines_beginning_in
from jobs.pings.line_problems import Problem, line_problems
from jobs.pings.object_blocks import object_blocks
from jobs.pings.reject_reasons import RejectReason
from jobs.pings.stored_files import local_etag
from jobs.wording.shown_numbers import plural

_FOLDER = re.compile(r"submission_date=(\d{4}-\d\d-\d\d)/submission_hour=(\d\d)/([^/]+)/")


@click.command(cls=EntryPoint, help=__doc__)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(files: tuple[Path, ...]) -> None:
    lines, rejected, reasons = 0, 0, Counter[RejectReason]()
    for file in files:
        for line in check_file(file):
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


def check_file(file: Path) -> Iterator[CheckedLine]:
    """The lines of a file in order."""
    folder = _FOLDER.search(file.resolve().as_posix())
    hour_start = parse_hour(f"{folder[1]}T{folder[2]}:00Z") if folder else None
    stat = file.stat()
    blocks = object_blocks(str(file), local_etag(stat.st_size, stat.st_mtime_ns), stat.st_size)
    for number, line in enumerate(lines_beginning_in(blocks, 0), start=1):
        if isinstance(line, RejectReason):
            yield CheckedLine(number, [Problem("the line", "more, or less, than can be read", line)])
        else:
            yield CheckedLine(number, line_problems(bytes(line), folder[3] if folder else None, hour_start))


if __name__ == "__main__":
    main()
