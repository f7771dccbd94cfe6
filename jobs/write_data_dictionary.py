"""Write docs/data_dictionary.md from the declarations, or check that it says what they say.

Reads the declarations, writes one file. With --check it writes nothing and fails if the file differs.
"""

import click

from jobs.command_line import EntryPoint
from jobs.printed_commands import printed_command
from jobs.settings import ROOT
from jobs.tables.data_dictionary import render_data_dictionary

DATA_DICTIONARY = ROOT / "docs" / "data_dictionary.md"


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not up to date.")
def main(check: bool) -> None:
    rendered = render_data_dictionary()
    is_current = DATA_DICTIONARY.exists() and DATA_DICTIONARY.read_text() == rendered
    if check and not is_current:
        raise click.ClickException(
            f"{DATA_DICTIONARY} is not what the declarations say; run {printed_command('write_data_dictionary')} and commit it"
        )
    if not is_current:
        DATA_DICTIONARY.write_text(rendered)
    click.echo(f"{DATA_DICTIONARY} is up to date")


if __name__ == "__main__":
    main()
