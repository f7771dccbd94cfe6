"""Serve the page that is published at PAGES, and the measure endpoint, for those who have no web server for it.

Reads PAGES; writes nothing. Answers on the loopback interface only, unless told otherwise: there is no login. It fails if the port is in use;
a page that is published while it runs is served without starting it again.
"""

import click
import uvicorn

from jobs.commands.command_line import EntryPoint
from jobs.deployment.settings import from_environment
from jobs.page.server.page_server import page_server


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to answer on.")
@click.option("--port", default=8092, show_default=True, help="The port to answer on; 0 takes a free one.")
def main(host: str, port: int) -> None:
    place = from_environment().pages
    click.echo(f"{place} on http://{host}:{port}/")
    uvicorn.run(page_server(place), host=host, port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
