"""Every setting, declared once: its name, what it means, and what it may be."""

import os
import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SLACK_CHANNEL = re.compile(r"#?[^\s#<>@,A-Z]{1,80}|[CG][A-Z0-9]{8,}")
_DATABASE_URI = re.compile(r"\w+(\+\w+)?://.*")
_PRODUCT = re.compile(r"[a-z][a-z0-9_]{0,39}|[^\x00-\x1f\x7f]*[a-z][a-z0-9_]{0,39}\.py")
_SECRET_PROPERTIES = ("token", "credential", "s3.secret-access-key", "s3.session-token")


def _text(value: str) -> str:
    if not value.strip() or _CONTROL.search(value):
        raise ValueError("must be text without control characters")
    return value


def _folder(value: str) -> str:
    _text(value)
    if "://" in value:
        raise ValueError("must be a folder of this machine")
    return value.rstrip("/") or "/"


def _folder_or_s3(value: str) -> str:
    if not value.startswith("s3://"):
        if "://" in value:
            raise ValueError("must be a folder or s3://bucket/prefix")
        return _folder(value)
    _text(value)
    bucket, _, prefix = value.removeprefix("s3://").partition("/")
    if not bucket:
        raise ValueError("must be a folder or s3://bucket/prefix")
    return f"s3://{bucket}/{prefix}".rstrip("/")


def _file(value: str) -> str:
    if "://" in _text(value):
        raise ValueError("must be a file of this machine")
    return value


def _web_address(value: str) -> str:
    if not value.startswith(("http://", "https://")) or not urlsplit(value).netloc:
        raise ValueError("must be an address that begins with https:// or http://")
    return _text(value).rstrip("/")


def _api_address(value: str) -> str:
    return f"{_web_address(value)}/"


def _database_uri(value: str) -> str:
    if not _DATABASE_URI.fullmatch(_text(value)):
        raise ValueError("must be a database URI such as sqlite:////var/lib/ledger.db or postgresql+psycopg2://host/database")
    return value


def _slack_channel(value: str) -> str:
    if not _SLACK_CHANNEL.fullmatch(value):
        raise ValueError("must be a Slack channel's name or id")
    return value


def _product(value: str) -> str:
    if not _PRODUCT.fullmatch(value):
        raise ValueError("must be a product of jobs/products, such as glean, or the path of a .py file")
    return value


FolderOrS3 = Annotated[str, AfterValidator(_folder_or_s3)]
File = Annotated[str, AfterValidator(_file)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseModel):
    """Locations are folders or `s3://` URLs, without a slash at the end; S3 itself is configured by the usual AWS variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    PATHS: ClassVar[tuple[str, ...]] = (
        "landing",
        "staging",
        "data_docs",
        "pages",
        "release_calendar",
        "rollouts",
        "digest_routing",
        "spark_py_files",
    )
    """In a file these are relative to the file's folder."""

    product: Annotated[str, AfterValidator(_product)] = Field(
        default="firefox", description="whose pings they are: a name of `jobs/products/`, or the path of a `.py` file of your own"
    )
    landing: FolderOrS3 = Field(description="the landing zone")
    staging: FolderOrS3 = Field(description="where attempts are staged")
    catalog: Mapping[str, str | int | bool] = Field(default={}, description="pyiceberg's properties of the Iceberg catalog")
    ledger_uri: Annotated[str, AfterValidator(_database_uri)] = Field(description="what was sent to Slack: any SQLAlchemy URI")
    data_docs: FolderOrS3 = Field(description="folder of the quality reports")
    pages: FolderOrS3 = Field(description="where the page is published")
    release_calendar: File | None = Field(default=None, description="CSV of version, channel, time")
    rollouts: File | None = Field(default=None, description="CSV of channel, version, time, percent: steps of rollouts, taken and planned")
    slack_api_url: Annotated[str, AfterValidator(_api_address)] | None = Field(default=None, description="only where it is not Slack's own")
    slack_bot_token: Annotated[str, AfterValidator(_text)] | None = Field(default=None, repr=False, description="from the environment only")
    slack_channel: Annotated[str, AfterValidator(_slack_channel)] = Field(default="release-health", description="where the digest goes")
    digest_routing: File | None = Field(default=None, description="which release channel is told of where, and who is mentioned; TOML")
    verdict_overdue_hours: int = Field(
        default=4, ge=2, le=168, description="after how many hours without a new verdict the operators are told"
    )
    data_label: Annotated[str, AfterValidator(_text)] | None = Field(
        default=None, max_length=80, description="what the data is called wherever it is shown, such as `simulated data`"
    )
    spark_py_files: Annotated[str, AfterValidator(_text)] | None = Field(
        default=None, description="the zip that `make code-archive` writes, for executors on other machines"
    )
    airflow_url: WebAddress | None = Field(default=None, description="Airflow's address, for links to runs")
    data_docs_url: WebAddress | None = Field(default=None, description="where people open the quality reports, for links")
    pages_url: WebAddress | None = Field(default=None, description="where people open the page, for links")
    runbook_url: WebAddress | None = Field(default=None, description="where people read the runbook, for links")

    @property
    def page_address(self) -> str | None:
        """Where the page opens; a bucket that has no page at a folder's address is named by its file."""
        is_file = self.pages_url is None or self.pages_url.endswith(".html")
        return self.pages_url if is_file else f"{self.pages_url}/"

    @model_validator(mode="after")
    def _places_are_apart(self) -> Self:
        """One place's upkeep deletes what is not its own, so none may lie in another."""
        places = {"landing": self.landing, "staging": self.staging, "data_docs": self.data_docs, "pages": self.pages}
        if "/" in (warehouse := str(self.catalog.get("warehouse", ""))):
            places["catalog.warehouse"] = warehouse
        for (one, its_place), (other, others_place) in combinations(places.items(), 2):
            if _overlap(its_place, others_place):
                raise ValueError(f"{one} ({its_place}) and {other} ({others_place}) overlap; give each a folder or prefix of its own")
        return self


def secret_in(catalog: Mapping[str, object]) -> str | None:
    """The property of a file's catalog section that is a secret, or holds one."""
    for name, value in catalog.items():
        if name in _SECRET_PROPERTIES or (name == "uri" and has_password(str(value))):
            return name
    return None


def has_password(uri: str) -> bool:
    """Whether a URI carries a password."""
    try:
        return bool(urlsplit(uri).password)
    except ValueError:
        return False


def _overlap(one: str, other: str) -> bool:
    parts, others = _parts(one), _parts(other)
    shorter = min(len(parts), len(others))
    return parts[:shorter] == others[:shorter]


def _parts(place: str) -> tuple[str, ...]:
    """Store and path, so that a folder equals its `file://` URL; `s3a` and `s3` are one store."""
    if "://" not in place:
        return ("file", *PurePosixPath(os.path.realpath(place)).parts)
    url = urlsplit(place)
    if url.scheme == "file":
        return ("file", *PurePosixPath(os.path.realpath(unquote(url.path))).parts)
    return (url.scheme.replace("s3a", "s3"), url.netloc, *PurePosixPath(url.path).parts)
