"""Several products in one deployment: places, ledgers, DAGs and namespaces of their own, from one settings file."""

from pathlib import Path

import pytest

from jobs.deployment.settings import DeployedProduct, SettingsError, deployed_products, from_environment, namespace_of
from tests.products.judging import run_python

pytestmark = pytest.mark.long

FILE = """
landing = "landing"
staging = "staging"
data_docs = "docs"
pages = "pages"
ledger_uri = "sqlite:////var/lib/ledger.db"
slack_channel = "release-health"

[products.harbor]
landing = "harbor"
slack_channel = "harbor-health"
"""


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "release_health.toml"
    path.write_text(FILE)
    monkeypatch.setenv("RELEASE_HEALTH_SETTINGS", str(path))
    monkeypatch.delenv("PRODUCT", raising=False)
    return path


def test_a_product_has_places_and_a_ledger_of_its_own(settings_file: Path) -> None:
    default, harbor = from_environment(), from_environment("harbor")
    folder = settings_file.parent
    assert (default.landing, harbor.landing) == (str(folder / "landing"), str(folder / "harbor"))
    assert (harbor.staging, harbor.data_docs, harbor.pages) == tuple(f"{folder}/{name}_harbor" for name in ("staging", "docs", "pages"))
    assert (default.ledger_uri, harbor.ledger_uri) == ("sqlite:////var/lib/ledger.db", "sqlite:////var/lib/ledger_harbor.db")
    assert (default.slack_channel, harbor.slack_channel) == ("release-health", "harbor-health")
    assert namespace_of("harbor") == "release_health_harbor"


def test_a_variable_speaks_for_the_default_product_alone(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDING", "/elsewhere")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:1/api")
    assert (from_environment().landing, from_environment("harbor").landing) == ("/elsewhere", str(settings_file.parent / "harbor"))
    assert from_environment("harbor").slack_api_url == "http://127.0.0.1:1/api/"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('landing = "harbor"', ""), "products.harbor lacks landing"),
        (("sqlite:////var/lib/ledger.db", "postgresql+psycopg2://host/db"), "products.harbor lacks ledger_uri"),
        (('slack_channel = "harbor-health"', 'ledger_uri = "postgresql://us:secret@host/db"'), "products.harbor.ledger_uri holds a secret"),
        (("[products.harbor]\n", "products = 7\n"), "products must hold a section for each product"),
        (('slack_channel = "harbor-health"', 'slack_chanel = "x"'), "did you mean slack_channel"),
    ],
)
def test_what_a_section_lacks_is_named(settings_file: Path, change: tuple[str, str], said: str) -> None:
    text = FILE.replace(*change)
    if "products = 7" in text:
        text = text.partition("products = 7")[0] + "products = 7\n"
    settings_file.write_text(text)
    with pytest.raises(SettingsError, match=said):
        from_environment("harbor")


def test_each_product_has_its_dags(settings_file: Path) -> None:
    assert deployed_products() == [DeployedProduct("firefox", True), DeployedProduct("harbor", False)]
    printed = run_python(
        "firefox",
        "-c",
        "from airflow.dag_processing.dagbag import DagBag\n"
        "bag = DagBag('dags')\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "task = bag.dags['release_health_hourly_harbor'].get_task('score_release_health')\n"
        "marker = bag.dags['release_health_hourly_harbor'].get_task('wait_for_closed_hour').marker\n"
        "asset = bag.dags['release_health_hourly_harbor'].get_task('audit_health').outlets[0].name\n"
        "print(sorted(bag.dags), task.environment, marker, asset, sep='|')",
    )
    names, environment, marker, asset = printed.strip().splitlines()[-1].split("|")
    assert names.count("_harbor") == 5
    assert (environment, asset) == ("{'PRODUCT': 'harbor'}", "release_health_harbor.release_health")
    assert marker.startswith(f"{settings_file.parent}/harbor/")


def test_a_command_of_a_further_product_is_printed_with_its_name(settings_file: Path) -> None:
    printed = run_python(
        "harbor", "-c", "from jobs.commands.printed_commands import printed_command; print(printed_command('query_tables', 'SELECT 1'))"
    )
    assert printed.startswith("PRODUCT=harbor RELEASE_HEALTH_SETTINGS=")
