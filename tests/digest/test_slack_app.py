"""The app's manifest asks for the scopes that the digest uses: no fewer, no more."""

import re

import yaml

from jobs.deployment.settings import ROOT
from local.slack_stand_in.stand_in_app import ALL_SCOPES
from local.slack_stand_in.web_methods import METHODS

CODE = "\n".join(path.read_text() for path in (ROOT / "jobs" / "digest").rglob("*.py"))


def test_the_manifest_asks_for_what_is_called():
    manifest = yaml.safe_load((ROOT / "docs" / "slack_app_manifest.yaml").read_text())
    called = {METHODS[name].scope for name in re.findall(r'"((?:chat|conversations|files)\.[A-Za-z]+)"', CODE)}
    for_private_channels = {"groups:history"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == called | for_private_channels


def test_the_stand_in_grants_what_the_manifest_asks_for():
    manifest = yaml.safe_load((ROOT / "docs" / "slack_app_manifest.yaml").read_text())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) - {"groups:history"} == ALL_SCOPES
