"""Which Slack channel hears of which release channel, who is mentioned, and at which hours. Pure: the file's text in, routes out."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jobs.declarations.dimensions import CHANNELS

_SLACK_CHANNEL = re.compile(r"^(#?[^\s#<>@,A-Z]{1,80}|[CG][A-Z0-9]{8,})$")
_USER_GROUP = re.compile(r"^S[A-Z0-9]{8,}$")
_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")
_CHANNEL_WORDS = "a Slack channel's name or id"
_KEYS = ("slack_channel", "mention", "mention_hours", "time_zone", "expected", "shadow")


class RoutingError(Exception):
    """The routing file is not valid; the message names file, line and key."""


@dataclass(frozen=True)
class Route:
    """Where one release channel is told of. `mention_from` and `mention_to` are equal where mentions are allowed at any hour."""

    slack_channel: str
    mention: str | None = None
    mention_from: time = time(0)
    mention_to: time = time(0)
    time_zone: str = "UTC"
    is_expected: bool = False
    is_shadow: bool = False
    """Computed and recorded like any other, and told to the operators alone."""

    def may_mention_at(self, at: datetime) -> bool:
        """Whether a mention at that time is within the hours; an interval over midnight goes on into the next day."""
        clock = at.astimezone(ZoneInfo(self.time_zone)).time()
        if self.mention_from == self.mention_to:
            return True
        if self.mention_from < self.mention_to:
            return self.mention_from <= clock < self.mention_to
        return clock >= self.mention_from or clock < self.mention_to


@dataclass(frozen=True)
class Routing:
    """The route of each release channel; `default` serves those without one of their own.

    `operators` is the Slack channel of those who run the pipeline. Shadow channels are told of there, and mention nobody.
    """

    default: Route
    operators: str
    by_channel: Mapping[str, Route] = field(default_factory=dict)

    def route_of(self, channel: str) -> Route:
        return self.by_channel.get(channel, self.default)

    @property
    def slack_channels(self) -> tuple[str, ...]:
        """The Slack channels that are written to, each once."""
        names = (self.default.slack_channel, *(route.slack_channel for route in self.by_channel.values()), self.operators)
        return tuple(dict.fromkeys(name.removeprefix("#") for name in names))

    @property
    def expected_channels(self) -> tuple[str, ...]:
        return tuple(channel for channel, route in self.by_channel.items() if route.is_expected)


def parse_routing(text: str, slack_channel: str, file_name: str = "digest_routing.toml") -> Routing:
    """The routing that a file declares; `slack_channel` is where channels go that it does not name. Raises RoutingError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RoutingError(f"{file_name} is not TOML: {error}") from error
    reader = _Reader(text, file_name)
    for name in document:
        if name not in ("operators", "default", "channels"):
            reader.fail((name,), "is not known; there are operators, [default] and [channels.<release channel>]")
    default = reader.route(("default",), document.get("default", {}), Route(slack_channel))
    by_channel = {}
    channels = document.get("channels", {})
    if not isinstance(channels, dict):
        reader.fail(("channels",), "must hold a section for each release channel, such as [channels.beta]")
    for name, section in channels.items():
        if name not in CHANNELS:
            reader.fail(("channels", name), f"is not a release channel; there are {', '.join(CHANNELS)}")
        by_channel[name] = reader.route(("channels", name), section, default)
    operators = reader.text((), document, "operators", _SLACK_CHANNEL, _CHANNEL_WORDS) if "operators" in document else None
    told = {name: reader.told(("channels", name), route, operators) for name, route in by_channel.items()}
    return Routing(reader.told(("default",), default, operators), operators or default.slack_channel, told)


class _Reader:
    """Checks values, and knows on which line a key stands."""

    def __init__(self, text: str, file_name: str) -> None:
        self.lines, self.file_name = text.splitlines(), file_name

    def route(self, path: tuple[str, ...], section: Any, base: Route) -> Route:
        if not isinstance(section, dict):
            self.fail(path, "must be a section")
        for key in section:
            if key not in _KEYS:
                self.fail((*path, key), f"is not known; there are {', '.join(_KEYS)}")
        route = base
        if "slack_channel" in section:
            route = replace(route, slack_channel=self.text(path, section, "slack_channel", _SLACK_CHANNEL, _CHANNEL_WORDS))
        if "mention" in section:
            route = replace(route, mention=self.text(path, section, "mention", _USER_GROUP, "the id of a Slack user group (S...)"))
        if "mention_hours" in section:
            hours = self.text(path, section, "mention_hours", _HOURS, "two times, such as 08:00-20:00")
            first, last = (time.fromisoformat(part) for part in hours.split("-"))
            route = replace(route, mention_from=first, mention_to=last)
        if "time_zone" in section:
            route = replace(route, time_zone=self._zone(path, section["time_zone"]))
        for key in ("expected", "shadow"):
            if not isinstance(section.get(key, False), bool):
                self.fail((*path, key), "must be true or false")
        return replace(route, is_expected=section.get("expected", base.is_expected), is_shadow=section.get("shadow", base.is_shadow))

    def told(self, path: tuple[str, ...], route: Route, operators: str | None) -> Route:
        """The route as it is told: in shadow to the operators, and nobody is mentioned."""
        if not route.is_shadow:
            return route
        if operators is None:
            self.fail((*path, "shadow"), "needs `operators` at the top of the file: the Slack channel that is told instead")
        return replace(route, slack_channel=operators, mention=None)

    def text(self, path: tuple[str, ...], section: Mapping[str, Any], key: str, form: re.Pattern[str], words: str) -> str:
        value = section[key]
        if not isinstance(value, str) or not form.match(value):
            self.fail((*path, key), f"must be {words}, not {value!r}")
        return str(value)

    def _zone(self, path: tuple[str, ...], value: Any) -> str:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            self.fail((*path, "time_zone"), f"must be a time zone such as Europe/Berlin, not {value!r}")

    def fail(self, path: tuple[str, ...], words: str) -> NoReturn:
        line = self._line_of(path)
        at = f"{self.file_name}, line {line}" if line else self.file_name
        raise RoutingError(f"{at}: {'.'.join(path)} {words}")

    def _line_of(self, path: tuple[str, ...]) -> int | None:
        """The line of a section's heading or of a key in it."""
        heading = ""
        for number, line in enumerate(self.lines, start=1):
            code = line.split("#")[0].strip()
            if code.startswith("["):
                heading = re.sub(r"[\s\"'\[\]]", "", code)
                if heading == ".".join(path):
                    return number
            elif "=" in code and ".".join(filter(None, (heading, code.split("=")[0].strip().strip("\"'")))) == ".".join(path):
                return number
        return None
