"""Writes down the settings of a local stack, so that a command typed in any shell sees what the stack's tasks see."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from jobs.deployment.private_folders import make_private_folder
from jobs.deployment.settings import CATALOG_PREFIX, is_loopback
from jobs.deployment.settings_rules import Settings, has_password

_HEADER = "# Written by the local stack. Settings of your own: release_health.toml in the checkout (README.md)."


_ABOUT_THE_DATA = ("release_calendar", "rollouts", "data_label", "digest_routing", "slack_channel")


def write_settings(path: Path, environment: Mapping[str, str]) -> None:
    """The settings that these variables make, as a file; without secrets, but for the token of the stand-in for Slack."""
    names = [name for name in Settings.model_fields if environment.get(name.upper()) and _may_be_written(name, environment)]
    lines = [_HEADER, *(f"{name} = {_toml_text(environment[name.upper()])}" for name in names)]
    catalog = {name.removeprefix(CATALOG_PREFIX): value for name, value in environment.items() if name.startswith(CATALOG_PREFIX)}
    properties = {name.lower().replace("__", ".").replace("_", "-"): value for name, value in catalog.items() if not has_password(value)}
    if properties:
        lines += ["", "[catalog]", *(f"{_toml_text(name)} = {_toml_text(value)}" for name, value in properties.items())]
    make_private_folder(path.parent)
    path.touch()
    path.chmod(0o600)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def remembered_settings(path: Path) -> dict[str, str]:
    """The variables of what an earlier stack wrote about its data: the calendar of a demo's world, what its data is called, where it is told."""
    if not path.exists():
        return {}
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name.upper(): str(document[name]) for name in _ABOUT_THE_DATA if name in document}


def _may_be_written(name: str, environment: Mapping[str, str]) -> bool:
    if name == "slack_bot_token":
        return is_loopback(environment.get("SLACK_API_URL"))
    return not has_password(environment[name.upper()])


def _toml_text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
