"""Write docs/page_schema.json, JSON Schema of each file of the page, from the declarations, or check that it says what they say.

Reads the declarations, writes one file. With --check it writes nothing and fails if the file differs.
"""

import json

import click

from jobs.command_line import EntryPoint
from jobs.page.page_documents import schemas
from jobs.printed_commands import printed_command
from jobs.settings import ROOT

PAGE_SCHEMA = ROOT / "docs" / "page_schema.json"


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not up to date.")
def main(check: bool) -> None:
    rendered = json.dumps(schemas(), indent=1) + "\n"
    is_current = PAGE_SCHEMA.exists() and PAGE_SCHEMA.read_text() == rendered
    if check and not is_current:
        raise click.ClickException(
            f"{PAGE_SCHEMA} is not what the declarations say; run {printed_command('write_page_schema')} and commit it"
        )
    if not is_current:
        PAGE_SCHEMA.write_text(rendered)
    click.echo(f"{PAGE_SCHEMA} is up to date")


if __name__ == "__main__":
    main()
