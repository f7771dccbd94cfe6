"""Write docs/data_dictionary.md from the declarations, or check that it says what they say.

Reads the declarations, writes one file. With --check it writes nothing and fails if the file differs.
"""

import click

from jobs.commands.command_line import EntryPoint
from jobs.commands.derived_documents import write_derived
from jobs.deployment.settings import ROOT
from jobs.tables.lake.data_dictionary import render_data_dictionary

DATA_DICTIONARY = ROOT / "docs" / "data_dictionary.md"


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not up to date.")
def main(check: bool) -> None:
    write_derived(DATA_DICTIONARY, render_data_dictionary(), check, "write_data_dictionary")


if __name__ == "__main__":
    main()
