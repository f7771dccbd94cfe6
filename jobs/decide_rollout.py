"""Tell other programs what is advised of each release at a look: go, hold or stop, as one line of JSON after the lines for people.

Reads the verdict rows of release_health; writes nothing and changes no rollout. In Airflow the line is the task's XCom and goes with the event of
its asset, so that other DAGs can wait for *go* (docs/rollouts.md). It fails only if the tables cannot be read; where nothing was scored, it says so,
and the list of releases is empty: whoever waits for *go* goes on waiting.
"""

import json
from datetime import datetime

import click

from jobs.commands.command_line import EntryPoint
from jobs.decisions.told_advice import advice_line, told_advice
from jobs.declarations.windows import parse_hour
from jobs.digest.facts.stored_facts import read_looks
from jobs.tables.lake.lake_catalog import open_catalog


@click.command(cls=EntryPoint, help=__doc__)
@click.option(
    "--as-of", required=True, type=parse_hour, metavar="TIME", help="The look, the end of its last hour, such as 2026-11-22T10:00Z."
)
def main(as_of: datetime) -> None:
    verdicts = sorted(
        read_looks(open_catalog(), as_of, as_of), key=lambda verdict: (verdict.channel, verdict.age_hours, verdict.release_version)
    )
    for verdict in verdicts:
        click.echo(advice_line(verdict))
    if not verdicts:
        click.echo(f"release_health has no look at {as_of:%Y-%m-%dT%H:%MZ}: nothing is advised")
    click.echo(json.dumps({"as_of": f"{as_of:%Y-%m-%dT%H:%M:%SZ}", "releases": [told_advice(verdict) for verdict in verdicts]}))


if __name__ == "__main__":
    main()
