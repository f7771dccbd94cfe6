"""The project's code as a zip for the executors of a Spark cluster, which SPARK_PY_FILES names: `python -m jobs.code_archive jobs.zip`."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import click

from jobs.deployment.private_folders import make_private_folder
from jobs.deployment.settings import ROOT

PACKAGES = ("jobs", "expectations")
_NO_CODE = {".md", ".pyc"}


def write_code_archive(path: Path) -> None:
    """Writes the packages that drivers and executors import from it, templates included. Packages of others belong into the executors' image."""
    make_private_folder(path.parent)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(_files()):
            archive.write(file, file.relative_to(ROOT))


def _files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (file for file in (ROOT / package).rglob("*") if file.is_file() and file.suffix not in _NO_CODE)


@click.command(help=__doc__)
@click.argument("path", type=click.Path(path_type=Path))
def main(path: Path) -> None:
    write_code_archive(path)
    click.echo(f"{path}: {path.stat().st_size / 1e3:,.0f} kB; set SPARK_PY_FILES={path}")


if __name__ == "__main__":
    main()
