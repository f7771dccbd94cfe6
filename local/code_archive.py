"""The project's code as a zip for the executors of a Spark cluster, which SPARK_PY_FILES names: `python -m local.code_archive jobs.zip`."""

import zipfile
from pathlib import Path

import click

from jobs.settings import ROOT

PACKAGES = ("jobs", "expectations")


def write_code_archive(path: Path) -> None:
    """Writes every module of the packages that run on executors. Their own dependencies belong into the executors' image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for module in sorted(module for package in PACKAGES for module in (ROOT / package).rglob("*.py")):
            archive.write(module, module.relative_to(ROOT))


@click.command(help=__doc__)
@click.argument("path", type=click.Path(path_type=Path))
def main(path: Path) -> None:
    write_code_archive(path)
    click.echo(f"{path}: {path.stat().st_size / 1e3:,.0f} kB; set SPARK_PY_FILES={path}")


if __name__ == "__main__":
    main()
