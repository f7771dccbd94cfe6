"""The hour's tasks load what they use: each is a process of its own, whose start is most of its time."""

import subprocess
import sys

import pytest

from jobs.deployment.settings import ROOT

HEAVY = {"altair", "boto3", "great_expectations", "matplotlib", "pandas", "pyspark", "scipy.optimize", "scipy.stats"}
ENTRY_POINTS = ("audit_aggregates", "audit_health", "decide_rollout", "post_health_digest", "publish_pages", "score_release_health")
LOADED = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sorted(set(sys.argv[2:]) & set(sys.modules)))"


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_an_entry_point_of_the_hour_loads_no_heavy_package(entry_point: str) -> None:
    command = [sys.executable, "-c", LOADED, f"jobs.{entry_point}", *HEAVY]
    assert subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split() == []
