"""Staging, publishing, reading and maintenance on S3 do what they do in folders."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import RELEASE_TOTALS
from jobs.declarations.windows import HOUR
from jobs.tables.commits.publishing import publish_window
from jobs.tables.commits.row_replacement import expire_snapshots
from jobs.tables.lake import kept_snapshots
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.reading.complete_windows import read_complete
from jobs.tables.staged.staging_manifest import read_manifest
from jobs.tables.upkeep.table_upkeep import delete_old_staging, delete_unreferenced_files
from local.stack.object_store import serve_s3
from tests.tables.publisher_processes import publish_at_once
from tests.tables.staged_runs import DAY, TEN, contents, provisional, settled, stage_run

pytestmark = pytest.mark.services

FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def s3_lake(tmp_path: Path, lake: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with serve_s3(tmp_path / "s3", "release-health") as s3:
        environment = lake | s3 | {"PYICEBERG_CATALOG__LAKE__WAREHOUSE": "s3://release-health/warehouse"}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield environment


def test_a_lake_on_s3_holds_the_rows_of_one_in_folders(
    s3_lake: dict[str, str], clean_catalog: Catalog, staging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, s3_staging = open_catalog(), "s3://release-health/staging"
    hourly = [stage_run(s3_staging, provisional(DAY + hour * HOUR), figure=hour) for hour in (3, 10)]
    day = stage_run(s3_staging, settled(DAY), figure=50, run_key="day")
    assert read_manifest(s3_staging, "day", "aggregates") == day
    publish_at_once(s3_lake, hourly)
    publish_at_once(s3_lake, [day])  # after the hours, so that it leaves files behind that nobody refers to
    publish_window(clean_catalog, stage_run(staging, settled(DAY), figure=50, run_key="day"))
    assert contents(catalog) == contents(clean_catalog)
    assert read_complete(catalog, RELEASE_TOTALS, TEN, TEN + HOUR).rows.num_rows == 2

    monkeypatch.setattr(kept_snapshots, "RECENT", 1)
    expire_snapshots(catalog, RELEASE_TOTALS, is_dry_run=False)
    assert delete_unreferenced_files(catalog, RELEASE_TOTALS, FAR_AHEAD, is_dry_run=False).count > 0
    assert delete_old_staging(s3_staging, FAR_AHEAD, is_dry_run=False).count == 3
    assert contents(catalog) == contents(clean_catalog)
    with pytest.raises(FileNotFoundError):
        read_manifest(s3_staging, "day", "aggregates")
