"""The container files name commands, options, settings, services and folders that exist. Docker itself is not run."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.settings import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "release-health"]
SECRETS = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|FERNET|TOKEN")


def help_of(*command: str) -> str:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("name", OURS)
def test_the_command_is_a_program_of_our_packages_with_options_that_it_knows(name: str) -> None:
    program, *arguments = SERVICES[name]["command"]
    options = [argument.partition("=")[0] for argument in arguments if argument.startswith("-") and argument != "-m"]
    if program == "python":
        known = help_of("-m", arguments[1], "--help")
    elif program == "airflow":
        known = (Path(sys.prefix) / "lib/python3.11/site-packages/airflow/cli/cli_config.py").read_text()
        assert f'name="{arguments[0]}"' in known
    elif program == "weed":
        known = subprocess.run([Path(sys.prefix) / "bin" / "weed", "help", arguments[0]], capture_output=True, text=True).stderr
    else:
        assert (Path(sys.prefix) / "bin" / program).exists() or program == "sh"
        return
    for option in options:
        assert option in known, f"{arguments[0]} has no option {option}"


@pytest.mark.parametrize("name", SERVICES)
def test_services_and_volumes_that_are_named_exist(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("depends_on", [])) <= set(SERVICES)
    for volume in service.get("volumes", []):
        source = volume.partition(":")[0]
        exists = (ROOT / "docker" / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        assert exists, volume
    assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"])


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_the_loopback_interface_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_airflow_settings_exist() -> None:
    template = Path(sys.prefix) / "lib/python3.11/site-packages/airflow/config_templates/config.yml"
    known = yaml.safe_load(template.read_text())
    settings = {name for service in SERVICES.values() for name in service.get("environment", {}) if name.startswith("AIRFLOW__")}
    assert settings
    for setting in settings:
        _, section, option = setting.lower().split("__")
        assert option in known[section]["options"], setting


def test_no_key_is_written_down() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if SECRETS.search(name) or "@" in str(value):
                assert re.search(r"\$\{\w+:\?\}", value), f"{name} must come from docker/.env"


def test_every_variable_that_compose_needs_is_made_by_the_readme() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "docker" / "compose.yaml").read_text()))
    made = set(re.findall(r"^(\w+)=\$|^(\w+)=xoxb", (ROOT / "docker" / "README.md").read_text(), re.MULTILINE))
    assert needed == {first or second for first, second in made}


def test_the_image_holds_the_locked_packages_and_the_code() -> None:
    for source in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE):
        assert (ROOT / source).exists(), source
    assert "--require-hashes" in DOCKERFILE
    uv_in_make = re.search(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())
    assert uv_in_make
    assert f"uv=={uv_in_make.group(1)}" in DOCKERFILE
