"""Calls to Slack's Web API, each with one of three ends: an answer, a refusal that names its fix, or an outcome that is not known.

slack-sdk's own retries are off: they send a message again after a connection broke, whether or not Slack had taken it.
"""

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from jobs.digest.slack.host_clock import HostClock
from jobs.digest.slack.slack_refusals import FIXES, UNKNOWN_OUTCOMES

Answer = dict[str, Any]
T = TypeVar("T")
_CHANNEL_ID = re.compile(r"^[CG][A-Z0-9]{8,}$")  # private channels are named by theirs
_RENEWAL_SECONDS = 5.0


def is_channel_id(name: str) -> bool:
    """Whether this is a channel's id and not its name, which has no capitals."""
    return _CHANNEL_ID.match(name) is not None


class UnknownOutcome(Exception):
    """Slack may or may not have done what was asked: a timeout, a broken connection, a 5xx."""


class SlackRefusal(Exception):
    """Slack will not do it until somebody changes something; the message says what."""

    def __init__(self, error: str, method: str, details: str = "") -> None:
        fix = FIXES.get(error, "See https://docs.slack.dev/reference/methods/" + method + " for what it means.")
        super().__init__(f"Slack refused {method}: {error}{f' ({details})' if details else ''}. {fix}")
        self.error, self.details = error, details


@dataclass(frozen=True)
class Patience:
    """Seconds: for one call, for being told to slow down in all, and between tries of what may be tried again."""

    call_seconds: float = 10.0
    rate_limit_seconds: float = 120.0
    pause_seconds: float = 1.0
    tries: int = 4
    unknown_seconds: float = 15.0
    """How long a message of unknown outcome is looked for before it is sent again: Slack may accept it after our time-out."""
    doubt_seconds: float = 900.0
    """How long after that the first of two may still turn up."""


class SlackCalls:
    """A workspace as its bot token sees it."""

    def __init__(self, api_url: str | None, token: str, patience: Patience | None = None, clock: HostClock | None = None) -> None:
        self.patience, self.clock = patience or Patience(), clock or HostClock()
        base_url = f"{(api_url or WebClient.BASE_URL).rstrip('/')}/"
        # It hands the time-out to urlopen, which takes fractions of a second.
        self._client = WebClient(token=token, base_url=base_url, retry_handlers=[], timeout=self.patience.call_seconds)  # type: ignore[arg-type]
        self._channel_ids: dict[str, str] = {}
        self._renew: Callable[[], None] = lambda: None

    @contextmanager
    def holding(self, renew: Callable[[], None]) -> Iterator[None]:
        """Within the block `renew` is called before each attempt and while waiting; if it raises, nothing more is sent."""
        before = self._renew

        def renew_all() -> None:
            before()
            renew()

        self._renew = renew_all
        try:
            yield
        finally:
            self._renew = before

    def once(self, method: str, **arguments: Any) -> Answer:
        """One call; only a 429, which Slack has not accepted, is sent again. Raises UnknownOutcome or SlackRefusal."""
        try:
            return self._unhurried(method, lambda: self._call(method, arguments))
        except SlackApiError as error:
            raise _ending(method, error) from error
        except (OSError, http.client.HTTPException, SlackClientError) as error:
            raise UnknownOutcome(f"{method}: {error or type(error).__name__}") from error

    def _unhurried(self, method: str, call: Callable[[], T]) -> T:
        """The call's result; where Slack asks to slow down, after the wait that it asks for."""
        left = self.patience.rate_limit_seconds
        while True:
            self._renew()
            try:
                return call()
            except (SlackApiError, HTTPError) as error:
                wait = _seconds_to_wait(error)
                if wait is None:
                    raise
                if wait > left:
                    raise SlackRefusal("ratelimited", method, f"asked to wait {wait:.0f} s") from error
                left -= wait
                self.pause(wait)

    def _call(self, method: str, arguments: Answer) -> Answer:
        # Messages hold blocks, which travel as JSON; the other methods take forms only.
        if method.startswith("chat."):
            data = self._client.api_call(method, json=arguments).data
        else:
            data = self._client.api_call(method, params=arguments).data
        if not isinstance(data, dict):
            raise UnknownOutcome(f"{method}: the answer is not JSON")
        return data

    def pause(self, seconds: float) -> None:
        """Sleeps, and holds what is held meanwhile."""
        until = self.clock.elapsed() + seconds
        while (left := until - self.clock.elapsed()) > 0:
            self._renew()
            self.clock.sleep(min(left, _RENEWAL_SECONDS))

    def turns(self, seconds: float) -> Iterator[float]:
        """Turns of a loop for so many seconds, with pauses between that double each time; at least one turn. Gives the seconds left."""
        until, pause = self.clock.elapsed() + seconds, self.patience.pause_seconds
        while True:
            left = until - self.clock.elapsed()
            yield max(left, 0.0)
            if left <= 0:
                return
            self.pause(min(pause, left))
            pause *= 2

    def again(self, method: str, **arguments: Any) -> Answer:
        """A call that does no harm twice, tried again while its outcome is unknown."""
        return self.patiently(lambda: self.once(method, **arguments))

    def patiently(self, call: Callable[[], T]) -> T:
        """The call's result, after a few tries. Raises UnknownOutcome when none had an answer, or SlackRefusal."""
        for remaining in reversed(range(self.patience.tries)):
            try:
                return call()
            except UnknownOutcome:
                if remaining == 0:
                    raise
                self.pause(self.patience.pause_seconds)
        raise AssertionError("unreachable")

    def pages(self, method: str, **arguments: Any) -> Iterator[Answer]:
        """The answers of a listing method, page by page."""
        cursor = ""
        while True:
            page = self.again(method, **arguments, **({"cursor": cursor} if cursor else {}))
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def channel_id(self, name_or_id: str) -> str:
        """The id of a channel; names are looked up among the public ones. Raises SlackRefusal if there is none."""
        name = name_or_id.removeprefix("#")
        if is_channel_id(name):
            return name
        if name not in self._channel_ids:
            for page in self.pages("conversations.list", limit=200, exclude_archived="false"):
                self._channel_ids |= {channel["name"]: channel["id"] for channel in page["channels"]}
                if name in self._channel_ids:
                    break
        if name not in self._channel_ids:
            raise SlackRefusal("channel_not_found", "conversations.list", f"#{name}")
        return self._channel_ids[name]

    def send_bytes(self, url: str, content: bytes) -> None:
        """Uploads a file's content to the address that Slack gave for it. Raises UnknownOutcome."""
        if not url.startswith(("http://", "https://")):
            raise SlackRefusal("invalid_upload_url", "files.getUploadURLExternal", url[:100])

        def send() -> None:
            with urlopen(Request(url, data=content, method="POST"), timeout=self.patience.call_seconds) as response:  # noqa: S310 - checked above
                response.read()

        try:
            self._unhurried("the upload", send)
        except (OSError, http.client.HTTPException) as error:
            raise UnknownOutcome(f"upload: {error or type(error).__name__}") from error


def _seconds_to_wait(error: SlackApiError | HTTPError) -> float | None:
    """What `Retry-After` asks for; None if that is not what the answer says."""
    answer = error if isinstance(error, HTTPError) else error.response
    if getattr(answer, "status" if isinstance(error, HTTPError) else "status_code", 200) != 429:
        return None
    headers = {name.lower(): value for name, value in dict(answer.headers).items()}
    value = headers.get("retry-after", "1")
    return float(value[0] if isinstance(value, list) else value)


def _ending(method: str, error: SlackApiError) -> Exception:
    response = error.response
    data = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = str(data.get("error", ""))
    status = getattr(response, "status_code", 200)
    if status >= 500 or not code or code in UNKNOWN_OUTCOMES:
        return UnknownOutcome(f"{method}: {code or f'HTTP status {status}'}")
    details = "; ".join(data.get("errors") or [])
    if code == "missing_scope":
        details = f"needs {data.get('needed')}, has {data.get('provided')}"
    return SlackRefusal(code, method, details)
