"""What makes a ping's values comparable: the rules that jobs/declarations/dimensions.py names, and the rules for text that clients wrote.

A rule takes the first value that the declared paths hold (None if none does) and the ping that it belongs to; it gives the column's text
or NULL, or raises Rejected. Values are what JSON holds: text, numbers, true, false, lists or objects.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from jobs.declarations.dimensions import APPLICATIONS, CHANNELS, NEWEST_BUILD_DAYS, OLDEST_BUILD_DAYS, UNKNOWN_COUNTRY
from jobs.declarations.product import Dimension, Rule
from jobs.pings.client_values import Ping, Rejected, is_storable, storable_text, system_name
from jobs.pings.reject_reasons import RejectReason
from jobs.products.chosen import PRODUCT

MOST_EXPERIMENTS = 50  # of one ping: each makes a row of its own

_NANOSECONDS_A_DAY = 86_400 * 10**9
_VERSION = re.compile(PRODUCT.version_pattern)
_BUILD_ID = re.compile(r"[0-9]{14}")
_OS_VERSION = re.compile(r"[0-9]+(\.[0-9]+){0,2}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_ROLLING = frozenset(channel.name for channel in PRODUCT.channels if channel.is_rolling)


def document_id(value: object) -> str:
    """Rejects with no_document_id what is not text, and with invalid_text what cannot be stored."""
    if not isinstance(value, str) or not value:
        raise Rejected(RejectReason.NO_DOCUMENT_ID)
    if not is_storable(value):
        raise Rejected(RejectReason.INVALID_TEXT)
    return value


def _channel(value: object, ping: Ping) -> str:
    if value in CHANNELS:
        return str(value)
    if isinstance(value, str):
        for channel in PRODUCT.channels:
            if value.startswith(channel.prefixes):
                return channel.name
    raise Rejected(RejectReason.UNKNOWN_CHANNEL)


def _application(value: object, ping: Ping) -> str:
    if value in APPLICATIONS:
        return str(value)
    raise Rejected(RejectReason.UNKNOWN_APPLICATION)


def _version(value: object, ping: Ping) -> str:
    """A version whose channel disagrees (57.0.4 on beta) is counted under the channel and the version that the ping names."""
    if value is None:
        raise Rejected(RejectReason.NO_VERSION)
    if isinstance(value, str) and _VERSION.fullmatch(value):
        return value
    raise Rejected(RejectReason.INVALID_VERSION)


def _display_version(value: object, ping: Ping) -> str | None:
    return None if value is None else _version(value, ping)


def _release_version(value: object, ping: Ping) -> str:
    """Builds of one version are one release (4.12.0+77 is 4.12.0). On a rolling channel a version lives for weeks of daily builds, so that the
    week of the build is the release: `61.0a1 2018-04-09`, a Monday."""
    version = _version(value, ping).partition("+")[0]
    if ping.dimension("channel") not in _ROLLING:
        return version
    built_on = _build_time(str(ping.dimension("build_id"))).date()
    return f"{version} {_monday(built_on).isoformat()}"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _build_id(value: object, ping: Ping) -> str:
    """Form only; `build_age_reason` judges the age, which depends on when the ping was received."""
    if isinstance(value, str) and _BUILD_ID.fullmatch(value):
        try:
            _build_time(value)
        except ValueError:
            raise Rejected(RejectReason.INVALID_BUILD_ID) from None
        return value
    raise Rejected(RejectReason.INVALID_BUILD_ID)


@lru_cache(maxsize=4096)
def _build_time(build_id: str) -> datetime:
    # strptime would also take fewer digits.
    parts = [int(build_id[:4]), *(int(build_id[i : i + 2]) for i in range(4, 14, 2))]
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@lru_cache(maxsize=4096)
def _build_time_ns(build_id: str) -> int:
    return int(_build_time(build_id).timestamp()) * 10**9


def build_age_reason(build_id: str, received_at_ns: int) -> RejectReason | None:
    """Why a ping received then cannot come from that build, if so: the build is more than 183 days old, or a day ahead."""
    age_ns = received_at_ns - _build_time_ns(build_id)
    if age_ns > OLDEST_BUILD_DAYS * _NANOSECONDS_A_DAY:
        return RejectReason.BUILD_TOO_OLD
    if age_ns < -NEWEST_BUILD_DAYS * _NANOSECONDS_A_DAY:
        return RejectReason.BUILD_IN_FUTURE
    return None


def _os_name(value: object, ping: Ping) -> str:
    return system_name(value)


def _os_version(value: object, ping: Ping) -> str | None:
    numeric_parts = _OS_VERSION.match(value) if isinstance(value, str) else None
    return storable_text(numeric_parts.group()) if numeric_parts else None


def _country(value: object, ping: Ping) -> str:
    return value if isinstance(value, str) and _COUNTRY.fullmatch(value) else UNKNOWN_COUNTRY


def _text(value: object, ping: Ping) -> str | None:
    if not isinstance(value, str):
        return None
    if not is_storable(value):
        raise Rejected(RejectReason.INVALID_TEXT)
    return value


def _build_date(value: object, ping: Ping) -> str:
    """A build's time as ISO 8601 text, as a build id; what is one already stays as it is."""
    if isinstance(value, str) and not _BUILD_ID.fullmatch(value):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise Rejected(RejectReason.INVALID_BUILD_ID) from None
        value = f"{(at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC):%Y%m%d%H%M%S}"
    return _build_id(value, ping)


def _the_product(value: object, ping: Ping) -> str:
    return APPLICATIONS[0]


def _the_release(value: object, ping: Ping) -> str | None:
    return ping.dimension("release_version")


RULES: dict[str, Rule] = {
    "channel": _channel,
    "application": _application,
    "release_version": _release_version,
    "version": _version,
    "display_version": _display_version,
    "build_id": _build_id,
    "text": _text,
    "os_name": _os_name,
    "os_version": _os_version,
    "country": _country,
    "build_date": _build_date,
    "the_product": _the_product,
    "the_release": _the_release,
}
"""The rules that declarations name; each function says what it makes of a value."""


def rule_of(dimension: Dimension) -> Rule:
    return RULES[dimension.rule] if isinstance(dimension.rule, str) else dimension.rule


def experiments(by_id: object, active: object) -> list[dict[str, str]]:
    """The client's experiments with their branches: the envelope's `experiments`, then its `active_experiment` unless it is among them.

    One without a storable id or branch is left out, and so is what exceeds 50 of one ping: an experiment is not worth a lost ping.
    """
    branches: dict[str, str] = {}
    if isinstance(by_id, dict):
        for name, details in by_id.items():
            _add_experiment(branches, name, details.get("branch") if isinstance(details, dict) else None)
    if isinstance(active, dict):
        _add_experiment(branches, active.get("id"), active.get("branch"))
    return [{"experiment": name, "branch": branch} for name, branch in branches.items()]


def _add_experiment(branches: dict[str, str], name: object, branch: object) -> None:
    storable_name, storable_branch = storable_text(name), storable_text(branch)
    if storable_name and storable_branch and len(branches) < MOST_EXPERIMENTS:
        branches.setdefault(storable_name, storable_branch)
