"""Write docs/page_schema.json, JSON Schema of each file of the page, from the declarations, or check that it says what they say.

Reads the declarations, writes one file. With --check it writes nothing and fails if the file differs.
"""

import json

import click

from jobs.commands.command_line import EntryPoint
from jobs.commands.derived_documents import write_derived
from jobs.deployment.settings import ROOT
from jobs.page.documents.page_documents import schemas

PAGE_SCHEMA = ROOT / "docs" / "page_schema.json"


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not up to date.")
def main(check: bool) -> None:
    write_derived(PAGE_SCHEMA, json.dumps(schemas(), indent=1) + "\n", check, "write_page_schema")


if __name__ == "__main__":
    main()
