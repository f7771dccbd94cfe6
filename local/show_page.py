"""The page over a bundled sample, simulated, without Java, Airflow or tables: for work on the client in `page/`, or to see what it is.

    python -m local.show_page                    serves the sample
    python -m local.show_page --pack .local/pages    makes it anew, from a page that the demo published

Writes below .local/page_sample and answers on the loopback interface. Start it again to see a change of the client.
"""

import json
import shutil
import tarfile
from pathlib import Path

import click
import uvicorn

from jobs.deployment.settings import LOCAL
from jobs.page.files.client_files import client_files
from jobs.page.files.file_headers import POINTER
from jobs.page.files.page_store import PageStore
from jobs.page.server.page_server import page_server
from local.stack.ports import pick_port

SAMPLE = Path(__file__).parent / "page_sample.tar.xz"
PORT = 8092


def unpack_sample(folder: Path) -> PageStore:
    """The sample with the client of this checkout, in a folder whose earlier content goes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(SAMPLE) as packed:
        packed.extractall(folder, filter="data")
    store = PageStore(str(folder))
    store.write_client(client_files())
    return store


def pack_sample(published: Path) -> int:
    """The latest state of a published page as the sample; how many files."""
    state = published / json.loads((published / POINTER).read_bytes())["state"]
    folders = [published / folder for folder in json.loads(state.read_bytes())["folders"]]
    paths = [published / POINTER, *(path for folder in (state.parent, *folders) for path in folder.rglob("*.json"))]
    with tarfile.open(SAMPLE, "w:xz", preset=9) as packed:
        for path in sorted(set(paths)):
            packed.add(path, str(path.relative_to(published)), filter=_without_owner)
    return len(set(paths))


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


@click.command(help=__doc__)
@click.option("--pack", type=click.Path(exists=True, path_type=Path), help="Make the sample of the page published in this folder.")
def main(pack: Path | None) -> None:
    if pack is not None:
        click.echo(f"{pack_sample(pack)} files in {SAMPLE}")
        return
    store = unpack_sample(LOCAL / "page_sample")
    port = pick_port(PORT)
    click.echo(f"the page over simulated data: http://127.0.0.1:{port}/   (Ctrl-C stops it)")
    uvicorn.run(page_server(store.place), port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
