"""What runs where: environment variables with defaults inside the checkout. Nothing else reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMESPACE = "release_health"
CATALOG = "lake"


@dataclass(frozen=True)
class Settings:
    """Locations are folders or `s3://` URLs; S3 itself is configured by the usual AWS variables.

    The catalog is configured pyiceberg's way and read in `jobs/tables/lake_catalog.py`.
    """

    landing: str
    staging: str
    ledger_uri: str
    data_docs: str
    release_calendar: str | None
    slack_api_url: str | None
    slack_bot_token: str | None
    slack_channel: str
    digest_routing: str
    """Which release channel is told of in which Slack channel, and who is mentioned; a TOML file."""
    data_label: str | None
    """What the data is called wherever it is shown, such as `simulated data`; None for real data."""
    spark_py_files: str | None
    """The zip that `make code-archive` writes, for a cluster's executors; None where they share this machine."""


@dataclass(frozen=True)
class S3Access:
    """Where S3 is; keys come from the usual AWS chain. None leaves it to the client's default."""

    endpoint_url: str | None
    region: str | None


def s3_access() -> S3Access:
    """For clients that do not read these variables themselves (pyarrow, pyiceberg)."""
    return S3Access(
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"),
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
    )


def from_environment() -> Settings:
    local = ROOT / ".local"
    return Settings(
        landing=os.environ.get("LANDING", str(local / "landing")),
        staging=os.environ.get("STAGING", str(local / "staging")),
        ledger_uri=os.environ.get("LEDGER_URI", f"sqlite:///{local / 'ledger.db'}"),
        data_docs=os.environ.get("DATA_DOCS", str(local / "data_docs")),
        release_calendar=os.environ.get("RELEASE_CALENDAR"),
        slack_api_url=os.environ.get("SLACK_API_URL"),
        slack_bot_token=os.environ.get("SLACK_BOT_TOKEN"),
        slack_channel=os.environ.get("SLACK_CHANNEL", "release-health"),
        digest_routing=os.environ.get("DIGEST_ROUTING", str(ROOT / "digest_routing.toml")),
        data_label=os.environ.get("DATA_LABEL"),
        spark_py_files=os.environ.get("SPARK_PY_FILES"),
    )
