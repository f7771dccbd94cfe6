"""An empty lake, landing zone and ledger, and Slack's stand-in, by the environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from jobs.deployment.settings import ROOT
from jobs.tables.lake.lake_catalog import open_catalog
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.stored_rows import lake_environment
from tests.running_stand_in import RunningStandIn, running_stand_in


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[RunningStandIn]:
    with running_stand_in(tmp_path / "slack") as running:
        yield running


@pytest.fixture
def catalog(tmp_path: Path, slack: RunningStandIn, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    (tmp_path / "landing").mkdir()
    (tmp_path / "routing.toml").touch()
    settings = {
        "LANDING": str(tmp_path / "landing"),
        "LEDGER_URI": f"sqlite:///{tmp_path / 'ledger.db'}",
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": DEFAULT_TOKEN,
        "DIGEST_ROUTING": str(tmp_path / "routing.toml"),
        "MPLCONFIGDIR": str(ROOT / ".pytest_cache" / "matplotlib"),  # its font cache takes seconds to build
    }
    for name, value in (lake_environment(tmp_path) | settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATA_LABEL", raising=False)
    return open_catalog()
