"""What runs where: one validated file that every command and task reads, which environment variables override.

The file is the one that RELEASE_HEALTH_SETTINGS names, else `release_health.toml` in the checkout, else what the local stack wrote
(`.local/release_health.toml`), unless the environment itself names places. A variable is called as its key, in capitals. Secrets come from
the environment alone. Nothing else reads these variables.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jobs.deployment.product_sections import PRODUCTS_OWN, products_in, settings_of_product
from jobs.deployment.product_sections import SettingsError as SettingsError
from jobs.deployment.settings_rules import Settings as Settings
from jobs.deployment.settings_rules import has_password, secret_in

ROOT = Path(__file__).resolve().parents[2]
CATALOG = "lake"
SETTINGS_VARIABLE = "RELEASE_HEALTH_SETTINGS"
SETTINGS_FILE = ROOT / "release_health.toml"
DEFAULT_PRODUCT = "firefox"
_OTHER_PRODUCT = "" if os.environ.get("PRODUCT", DEFAULT_PRODUCT) in ("", DEFAULT_PRODUCT) else Path(os.environ["PRODUCT"]).stem
LOCAL = (ROOT if (ROOT / "pyproject.toml").exists() else Path.cwd()) / ".local" / _OTHER_PRODUCT
"""What is local: in the checkout; where this package is installed without one, in the folder that a command runs in. A folder for each product
but the default one."""
LOCAL_STACKS_FILE = LOCAL / "release_health.toml"
CATALOG_PREFIX = f"PYICEBERG_CATALOG__{CATALOG.upper()}__"
_PASSWORD = re.compile(r"://[^@/]*@")
_NAMES_PLACES = ("LANDING", "STAGING", "LEDGER_URI", "DATA_DOCS", "PAGES", "SLACK_BOT_TOKEN")
"""Whoever sets one of these, or the catalog, means data of their own, not what the local stack once wrote."""


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


def product_setting() -> str:
    """Which product this process works for, as jobs/products/chosen.py takes it. A file that cannot be read is told of by `from_environment`."""
    if named := os.environ.get("PRODUCT"):
        return named
    return product_of_file(settings_file())


def product_of_file(path: Path | None) -> str:
    """The product that a settings file names, if it can be read."""
    try:
        named = tomllib.loads(path.read_text(encoding="utf-8")).get("product") if path else None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return DEFAULT_PRODUCT
    return str(_resolved(path, "product", named)) if path and named else DEFAULT_PRODUCT


def namespace_of(product: str) -> str:
    """The Iceberg namespace of a product's tables; `product` is a name or the path of its declaration."""
    return "release_health" if product == DEFAULT_PRODUCT else f"release_health_{Path(product).stem}"


def settings_file() -> Path | None:
    """The file that a command reads here and now; None where there is none."""
    if named := os.environ.get(SETTINGS_VARIABLE):
        return Path(named)
    return unnamed_settings_file(os.environ)


def unnamed_settings_file(environment: Mapping[str, str]) -> Path | None:
    """The file that a command reads where RELEASE_HEALTH_SETTINGS is not set."""
    if SETTINGS_FILE.exists():
        return SETTINGS_FILE
    has_own_places = any(environment.get(name) for name in _NAMES_PLACES) or any(name.startswith(CATALOG_PREFIX) for name in environment)
    return LOCAL_STACKS_FILE if LOCAL_STACKS_FILE.exists() and not has_own_places else None


@dataclass(frozen=True)
class DeployedProduct:
    """A product of this deployment: `source` is what PRODUCT is in its tasks; the default one has no name in its DAGs' ids."""

    source: str
    is_default: bool

    @property
    def name(self) -> str:
        return Path(self.source).stem

    def dag_id(self, dag_id: str) -> str:
        return dag_id if self.is_default else f"{dag_id}_{self.name}"


def deployed_products() -> list[DeployedProduct]:
    """The product of the settings, and those that have a section of their own in the file: `[products.harbor]`."""
    path = settings_file()
    default = product_setting()
    document = {} if path is None else _read_file(path)
    sections = products_in(document, path)
    others = [section.get("product", name) for name, section in sections.items() if name != Path(default).stem]
    return [DeployedProduct(default, True), *(DeployedProduct(source, False) for source in others)]


def from_environment(product: str | None = None) -> Settings:
    """The settings of this process, or of one of the deployment's products. Raises SettingsError, with every mistake that there is."""
    path = settings_file()
    in_file = {} if path is None else _read_file(path)
    name = Path(product or product_setting()).stem
    section = products_in(in_file, path).get(name)
    own = set() if section is None else PRODUCTS_OWN
    in_variables = {key: os.environ[key.upper()] for key in Settings.model_fields if os.environ.get(key.upper()) and key not in own}
    in_file = {key: value for key, value in in_file.items() if key != "products"}
    if section is not None:
        in_file |= settings_of_product(in_file, section, name, path)
    values = {**_defaults(), **in_file, **in_variables, "catalog": {**in_file.get("catalog", {}), **_catalog_variables()}}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(_said(problem, in_variables, path) for problem in error.errors())) from None


def _defaults() -> dict[str, str]:
    places = {
        "landing": str(LOCAL / "landing"),
        "staging": str(LOCAL / "staging"),
        "ledger_uri": f"sqlite:///{LOCAL / 'ledger.db'}",
        "data_docs": str(LOCAL / "data_docs"),
        "pages": str(LOCAL / "pages"),
    }
    routing = ROOT / (f"digest_routing.{_OTHER_PRODUCT}.toml" if _OTHER_PRODUCT else "digest_routing.toml")
    return places | ({"digest_routing": str(routing)} if routing.exists() else {})


def _read_file(path: Path) -> dict[str, Any]:
    """The file's keys, with relative paths resolved against its folder."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}; {SETTINGS_VARIABLE} names it") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    for section in products_in(document, path).values():
        section |= {key: _resolved(path, key, value) for key, value in section.items()}
    if not isinstance(document.get("catalog", {}), dict):
        raise SettingsError(f"{path}: catalog must be a section: [catalog], with pyiceberg's properties below it")
    for name, part in {"": document, **{f"products.{name}.": section for name, section in products_in(document, path).items()}}.items():
        _refuse_secrets(path, part, name)
    return {key: _resolved(path, key, value) for key, value in document.items()}


def _refuse_secrets(path: Path, document: Mapping[str, Any], place: str) -> None:
    """A file is copied, committed and shown; the environment holds secrets. `place` is the section that the keys stand in, with a dot."""
    secrets = []
    if "slack_bot_token" in document and not is_loopback(document.get("slack_api_url")):
        secrets.append(("slack_bot_token", "SLACK_BOT_TOKEN"))
    if has_password(str(document.get("ledger_uri", ""))):
        secrets.append(("ledger_uri", "LEDGER_URI"))
    if name := secret_in(document.get("catalog", {})):
        secrets.append((f"catalog.{name}", f"{CATALOG_PREFIX}{name.upper().replace('.', '__').replace('-', '_')}"))
    if secrets:
        raise SettingsError(
            "\n".join(f"{path}: {place}{key} holds a secret: delete it there and set the variable {variable}" for key, variable in secrets)
        )


def _resolved(path: Path, key: str, value: Any) -> Any:
    """A file's value; what is a path is relative to the file."""
    is_path = key in Settings.PATHS or (key == "product" and str(value).endswith(".py"))
    return _beside(path, value) if is_path else value


def _beside(path: Path, value: Any) -> Any:
    return str(path.absolute().parent / value) if isinstance(value, str) and value and "://" not in value else value


def is_loopback(url: Any) -> bool:
    """Whether Slack's address is the stand-in's, whose token is no secret."""
    return isinstance(url, str) and url.startswith(("http://127.0.0.1:", "http://localhost:"))


def _catalog_variables() -> dict[str, str]:
    """pyiceberg's own variables, by pyiceberg's own rule for names."""
    given = {name.removeprefix(CATALOG_PREFIX): value for name, value in os.environ.items() if name.startswith(CATALOG_PREFIX)}
    return {name.lower().replace("__", ".").replace("_", "-"): value for name, value in given.items()}


def _said(problem: Any, in_variables: Mapping[str, str], path: Path | None) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    where = f"the variable {key.upper()}" if key in in_variables else f"{path or 'the settings'}: {key}"
    if problem["type"] == "extra_forbidden":
        close = get_close_matches(key, Settings.model_fields, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(Settings.model_fields)}"
        return f"{where} is no setting; {hint}"
    if not key:  # a rule about several settings names them itself
        return f"{path or 'the settings'}: {problem['ctx']['error']}"
    said = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"].replace("Input should be", "must be")
    return f"{where} {said}" + ("" if key == "slack_bot_token" else f", not {_PASSWORD.sub('://…@', str(problem['input'])[:200])!r}")


@dataclass(frozen=True)
class AirflowRun:
    """The DAG run that a command is a task of."""

    dag_id: str
    run_id: str


def airflow_run() -> AirflowRun | None:
    """The DAG run of this process, from the variables that Airflow gives each task; None where there is none."""
    dag_id, run_id = os.environ.get("AIRFLOW_CTX_DAG_ID"), os.environ.get("AIRFLOW_CTX_DAG_RUN_ID")
    return AirflowRun(dag_id, run_id) if dag_id and run_id else None


NAMESPACE = namespace_of(product_setting())
RESTRICTED_NAMESPACE = f"{NAMESPACE}_restricted"
"""Of tables from which single clients might be told: who may read the others need not read these."""
