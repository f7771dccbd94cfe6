"""The project as a package: a wheel installed elsewhere, and the zip that a cluster's executors get."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from jobs.code_archive import write_code_archive
from jobs.deployment.settings import ROOT
from jobs.history.kept_outcomes import scoring_version

pytestmark = pytest.mark.long

SOURCES = ("pyproject.toml", "README.md", "requirements", "jobs", "expectations", "dags", "page", "digest_routing.toml")
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
IMPORT_DAGS = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(sorted(bag.dags), bag.import_errors)
"""
RENDER = """
import expectations
from expectations.reports.data_docs import PAGES
from jinja2 import Environment
assert ".zip" in expectations.__file__, expectations.__file__
print(Environment(loader=PAGES).get_template("runs_page.j2").render(runs=[], kept=0))
"""


def run(python: Path | str, folder: Path, *arguments: str, **variables: str) -> str:
    """What a command prints that runs in another folder, without the checkout on its path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    result = subprocess.run([python, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of an environment in which the wheel is installed; the packages of others are this environment's."""
    folder = tmp_path_factory.mktemp("packaging")
    source = folder / "source"
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, source / name)
    wheel = folder / run(sys.executable, source, "-c", BUILD, str(folder)).splitlines()[-1]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "venv" / "bin" / "python"


def test_an_airflow_elsewhere_imports_the_dags_of_the_installed_package(installed: Path, tmp_path: Path) -> None:
    dags = run(installed, tmp_path, "-c", "import dags; print(dags.__path__[0])").strip()
    assert dags.startswith(str(installed.parent.parent))
    printed = run(installed, tmp_path, "-c", IMPORT_DAGS, dags, AIRFLOW_HOME=str(tmp_path), AIRFLOW__CORE__LOAD_EXAMPLES="False")
    assert printed.splitlines()[-1] == (
        "['release_health_backfill', 'release_health_hourly', 'release_health_settled', 'table_maintenance', 'verdict_watch'] {}"
    )


def test_a_command_of_the_installed_package_runs_anywhere(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "-m", "jobs.code_archive", str(tmp_path / "jobs.zip"))
    names = set(zipfile.ZipFile(tmp_path / "jobs.zip").namelist())
    assert {"jobs/pings/ping_source.py", "expectations/reports/data_docs_pages/runs_page.j2"} <= names


def test_the_installed_package_publishes_the_page_that_it_brings(installed: Path, tmp_path: Path) -> None:
    names = run(installed, tmp_path, "-c", "from jobs.page.files.client_files import client_files; print(*client_files().names)").split()
    assert {name.split(".")[0] for name in names} >= {"client", "charts", "vega"}


def test_an_installed_package_keeps_what_is_local_where_it_runs(installed: Path, tmp_path: Path) -> None:
    said = "from jobs.deployment.settings import from_environment; print(from_environment().landing)"
    printed = run(installed, tmp_path, "-c", said, LANDING="", PRODUCT="")
    assert printed.strip() == str(tmp_path / ".local" / "landing")


def test_data_docs_are_rendered_from_the_zip_that_a_cluster_gets(tmp_path: Path) -> None:
    write_code_archive(tmp_path / "jobs.zip")
    assert "<html" in run(sys.executable, tmp_path, "-c", RENDER, PYTHONPATH=str(tmp_path / "jobs.zip"))


def test_the_code_has_a_version_in_a_package_and_in_a_zip(installed: Path, tmp_path: Path) -> None:
    write_code_archive(tmp_path / "jobs.zip")
    version = "from jobs.tables.lake.code_version import code_version; print(code_version())"
    of_package = run(installed, tmp_path, "-c", version)
    of_zip = run(sys.executable, tmp_path, "-c", version, PYTHONPATH=str(tmp_path / "jobs.zip"))
    assert re.fullmatch(r"sources-[0-9a-f]{12}", of_package.strip())
    assert of_zip == of_package


def test_what_scores_rest_on_reads_the_same_in_a_package_and_in_a_zip(installed: Path, tmp_path: Path) -> None:
    """Else the first run after a move would score a year of releases again."""
    write_code_archive(tmp_path / "jobs.zip")
    version = "from jobs.history.kept_outcomes import scoring_version; print(scoring_version())"
    of_package = run(installed, tmp_path, "-c", version)
    of_zip = run(sys.executable, tmp_path, "-c", version, PYTHONPATH=str(tmp_path / "jobs.zip"))
    assert of_package.strip() == of_zip.strip() == scoring_version()
