"""The environment variables of the stack's services and of the tasks that Airflow starts: locations, Airflow's configuration, Spark."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobs.deployment.settings import CATALOG, LOCAL, ROOT, SETTINGS_VARIABLE, settings_file
from local.stack.airflow_secrets import airflow_secrets
from local.stack.processes import MARK
from local.stack.settings_file import remembered_settings

SPARK_POOL = "spark"
SHORT_LIVED_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""A JVM that lives for a minute gains from the first compiler alone and a collector without threads of its own: 3 s a job on two cores."""

DEFAULT_HOME = LOCAL

_USERS_CHOICE = ("LANDING", "STAGING", "LEDGER_URI", "DATA_DOCS", "SLACK_API_URL", "SLACK_BOT_TOKEN")
"""Places that a user may set before starting the stack; a stack in a home of its own takes none of them."""


@dataclass(frozen=True)
class StackConfig:
    """Where a stack lives and how it runs. `extra_environment` reaches every task and wins over all else."""

    home: Path = DEFAULT_HOME
    airflow_port: int = 8080
    """Taken if free, else any free port; 0 is always any."""
    slack_port: int = 8090
    """As `airflow_port`, for the Slack stand-in."""
    pages_port: int = 8092
    """As `airflow_port`, for the page."""
    spark_master: str = "local[*]"
    spark_slots: int = 2
    """Spark applications at once. On two cores a second one uses the core that the first one leaves idle while its JVM starts."""
    dags_folder: Path = ROOT / "dags"
    extra_environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def users_choice(self) -> dict[str, str]:
        """The places that the user has set."""
        if self.home.resolve() != DEFAULT_HOME:
            return {}
        return {name: os.environ[name] for name in _USERS_CHOICE if name in os.environ}

    @property
    def users_settings(self) -> Path | None:
        """The settings file that the user has written; None for a stack in a home of its own, and where there is none."""
        path = settings_file() if self.home.resolve() == DEFAULT_HOME else None
        return None if path is None or path.resolve() == self.settings_file.resolve() else path

    @property
    def settings_file(self) -> Path:
        """What this stack runs with, for commands that are typed in a shell."""
        return self.home / "release_health.toml"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def postgres_data(self) -> Path:
        return self.home / "postgres"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def state_file(self) -> Path:
        return self.home / "stack.json"


def job_environment(config: StackConfig) -> dict[str, str]:
    """What an entry point needs to find the landing zone, the tables and Spark; without Airflow and Slack."""
    return {
        **_remembered(config),
        **os.environ,
        **({} if config.users_settings else _places(config)),
        **config.users_choice,
        **_spark_environment(),
        # Each task is a process of its own: told not to by the shell's variable, each would compile every module again. Empty means unset.
        "PYTHONDONTWRITEBYTECODE": "",
        **config.extra_environment,
    }


def stack_environment(config: StackConfig, database: str, airflow_port: int, slack: Mapping[str, str]) -> dict[str, str]:
    """The environment of Airflow and of its tasks. `slack` names the Web API's address and token."""
    return {
        **job_environment(config),
        SETTINGS_VARIABLE: str(config.users_settings or config.settings_file),
        **slack,
        "AIRFLOW_URL": f"http://127.0.0.1:{airflow_port}",
        **_airflow_environment(config, database, airflow_port),
        **config.extra_environment,
    }


def marked(environment: Mapping[str, str], config: StackConfig) -> dict[str, str]:
    """The environment with the mark by which `local.stack.processes` finds the stack's processes."""
    # Airflow renames its processes; unless told so, setproctitle writes the new name over the environment, and with it the mark.
    return {**environment, MARK: str(config.home), "SPT_NOENV": "1"}


def _remembered(config: StackConfig) -> dict[str, str]:
    """A stack that is started again over the same data goes on as it was."""
    is_other_data = bool(config.users_choice) or config.users_settings is not None
    return {} if is_other_data else remembered_settings(config.settings_file)


def _places(config: StackConfig) -> dict[str, str]:
    home = config.home
    return {
        "LANDING": str(home / "landing"),
        "STAGING": str(home / "staging"),
        "LEDGER_URI": f"sqlite:///{home / 'ledger.db'}",
        "DATA_DOCS": str(home / "data_docs"),
        "PAGES": str(home / "pages"),
        **_catalog_environment(config),
    }


def _catalog_environment(config: StackConfig) -> dict[str, str]:
    from pyiceberg.utils.config import Config

    is_users = config.home.resolve() == DEFAULT_HOME and Config().get_catalog_config(CATALOG) is not None
    if is_users:
        return {}
    prefix = f"PYICEBERG_CATALOG__{CATALOG.upper()}__"
    return {
        f"{prefix}TYPE": "sql",
        f"{prefix}URI": f"sqlite:///{config.home / 'catalog.db'}",
        f"{prefix}WAREHOUSE": (config.home / "warehouse").as_uri(),
    }


def _spark_environment() -> dict[str, str]:
    binaries = Path(sys.prefix) / "bin"
    log_settings = f"-Dlog4j2.configurationFile={(ROOT / 'local' / 'stack' / 'spark_log4j2.properties').as_uri()}"
    return {
        "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
        "SPARK_HOME": str(Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "pyspark"),
        "PYSPARK_PYTHON": str(binaries / "python"),
        "PYSPARK_DRIVER_PYTHON": str(binaries / "python"),
        # Without these Spark listens on the address of the machine's name.
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "SPARK_LAUNCHER_OPTS": SHORT_LIVED_JVM,
        "SPARK_SUBMIT_OPTS": f"{SHORT_LIVED_JVM} {log_settings} -Dspark.ui.enabled=false -Dspark.ui.showConsoleProgress=false",
    }


def _airflow_environment(config: StackConfig, database: str, port: int) -> dict[str, str]:
    address = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_URL": address,
        **airflow_secrets(config.airflow_home),
        "AIRFLOW_HOME": str(config.airflow_home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__DAGS_FOLDER": str(config.dags_folder),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        # No passwords: whoever reaches the loopback interface of this machine may do everything.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__INSTANCE_NAME": "Release health",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        # Spark and the gates keep the cores busy; a late answer of the API server must not fail a task.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        "AIRFLOW_CONN_SPARK_DEFAULT": _spark_connection(config.spark_master),
        "no_proxy": "127.0.0.1,localhost",
    }


def _spark_connection(master: str) -> str:
    return json.dumps({"conn_type": "spark", "host": master, "extra": {"deploy-mode": "client", "spark-binary": "spark-submit"}})
