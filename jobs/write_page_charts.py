"""Write page/charts.json, the specs of the page's charts, from jobs/page/files/chart_specs.py, or check that it says what they say.

Reads the declarations, writes one file. With --check it writes nothing and fails if the file differs.
"""

import json

import click

from jobs.commands.command_line import EntryPoint
from jobs.commands.printed_commands import printed_command
from jobs.page.files.chart_specs import chart_specs
from jobs.page.files.client_files import CLIENT

CHARTS = CLIENT / "charts.json"


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not up to date.")
def main(check: bool) -> None:
    rendered = json.dumps(chart_specs(), indent=1, sort_keys=True) + "\n"
    is_current = CHARTS.exists() and CHARTS.read_text() == rendered
    if check and not is_current:
        raise click.ClickException(f"{CHARTS} is not what the declarations say; run {printed_command('write_page_charts')} and commit it")
    if not is_current:
        CHARTS.write_text(rendered)
    click.echo(f"{CHARTS} is up to date")


if __name__ == "__main__":
    main()
