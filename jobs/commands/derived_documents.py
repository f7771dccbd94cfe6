"""Documents that are written from the declarations, and checked against them."""

from pathlib import Path

import click

from jobs.commands.printed_commands import printed_command


def write_derived(document: Path, rendered: str, check: bool, module: str) -> None:
    """Write the document if it is not what was rendered; with `check` fail instead, and name the module of the command to run."""
    is_current = document.exists() and document.read_text() == rendered
    if check and not is_current:
        raise click.ClickException(f"{document} is not what the declarations say; run {printed_command(module)} and commit it")
    if not is_current:
        document.write_text(rendered)
    click.echo(f"{document} is up to date")
