"""Run SQL (DuckDB's) over the published tables: complete hours only, all tables as of one moment, never a mixture of two runs.

Reads, through pyiceberg, the rows of START to END of the tables that the query names, into memory; writes nothing. If it fails, the message
says why: a query that names no table or column of docs/data_dictionary.md, or a table that something else than this pipeline has changed.
"""

from datetime import UTC, datetime, timedelta

import click
import duckdb

from jobs.commands.command_line import EntryPoint
from jobs.declarations.windows import HOUR, parse_hour
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.reading.consistent_views import query


@click.command(cls=EntryPoint, help=__doc__)
@click.argument("sql")
@click.option("--start", type=parse_hour, metavar="TIME", help="First hour, such as 2026-11-22T10:00Z; a week before END unless given.")
@click.option("--end", type=parse_hour, metavar="TIME", help="End of the hours, exclusive; the next full hour unless given.")
@click.option("--csv", is_flag=True, help="Print comma-separated values, all of them.")
def main(sql: str, start: datetime | None, end: datetime | None, csv: bool) -> None:
    end = end or datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    try:
        found = query(open_catalog(), sql, start or end - timedelta(days=7), end)
        click.echo(found.df().to_csv(index=False) if csv else str(found))
    except duckdb.Error as error:
        raise click.ClickException(f"{error}\nTables and columns: docs/data_dictionary.md") from error


if __name__ == "__main__":
    main()
