"""Which catalog is opened: the configured one, else a file in the checkout."""

from pathlib import Path

import pytest

from jobs.tables.lake import lake_catalog
from jobs.tables.lake.lake_catalog import open_catalog


@pytest.fixture
def unconfigured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, without any configuration of a catalog or of S3."""
    for name in ("TYPE", "URI", "WAREHOUSE"):
        monkeypatch.delenv(f"PYICEBERG_CATALOG__LAKE__{name}", raising=False)
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYICEBERG_HOME", str(tmp_path))
    monkeypatch.setattr(lake_catalog, "LOCAL", tmp_path / ".local")
    return tmp_path


def test_unless_configured_the_lake_lies_in_the_checkout(unconfigured: Path) -> None:
    catalog = open_catalog()
    assert catalog.name == "lake"
    assert catalog.properties["warehouse"] == f"file://{unconfigured}/.local/warehouse"
    assert (unconfigured / ".local" / "catalog.db").exists()


def test_a_configured_catalog_is_used_and_s3_is_found_by_the_aws_variables(unconfigured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (unconfigured / ".pyiceberg.yaml").write_text(
        f"catalog:\n  lake:\n    type: sql\n    uri: sqlite:///{unconfigured}/mine.db\n    warehouse: s3://bucket/lake\n    s3.region: eu-central-1\n"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    properties = open_catalog().properties
    assert (unconfigured / "mine.db").exists()
    assert (properties["warehouse"], properties["s3.endpoint"], properties["s3.region"]) == (
        "s3://bucket/lake",
        "http://127.0.0.1:9000",
        "eu-central-1",
    )


@pytest.mark.parametrize(
    ("uri", "patient"),
    [
        ("sqlite:////tmp/catalog.db", "sqlite:////tmp/catalog.db?timeout=60"),
        ("sqlite:////tmp/catalog.db?timeout=5", "sqlite:////tmp/catalog.db?timeout=5"),
    ],
)
def test_sqlite_waits_for_other_writers_as_long_as_it_is_told_or_a_minute(uri: str, patient: str) -> None:
    assert lake_catalog._patient_sqlite(uri) == patient
