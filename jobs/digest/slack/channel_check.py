"""Tries in a real Slack channel what the digest relies on, and says what holds and what follows where it does not.

Five of these points rest on practice and not on Slack's documents: reading metadata back by the channel's history and by a thread's replies
with a bot token, tables, their column settings without `align`, and a picture that was uploaded without being shared.
"""

import base64
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from jobs.digest.messages.outgoing_message import EVENT_TYPE, Picture
from jobs.digest.slack.message_lookup import key_of
from jobs.digest.slack.picture_upload import image_block, upload
from jobs.digest.slack.slack_calls import Answer, SlackCalls, SlackRefusal, UnknownOutcome

_NOTE = "Release Health tries what it needs in this channel. This message is deleted in a moment."
_A_PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
_READ_SCOPE = "Add the scope metadata.message:read to docs/slack_app_manifest.yaml's in the app's settings and reinstall it"
_DOUBLES = "a message whose answer is lost may be posted twice, and a lost ledger repeats every alarm"


@dataclass(frozen=True)
class Point:
    """One thing that was tried. `trouble`: why it does not hold, None if it does. `is_needed`: whether the digest can't do without."""

    what: str
    trouble: str | None
    otherwise: str
    is_needed: bool

    def __str__(self) -> str:
        if self.trouble is None:
            return f"✔ {self.what}"
        return f"{'✖' if self.is_needed else '⚠'} {self.what}: {self.trouble}. {self.otherwise}"


class _DoesNotHold(Exception):
    """What Slack answered is not what the digest relies on."""


@dataclass
class ChannelCheck:
    """Messages of a key of their own, deleted in the end with all else that was made."""

    channel: str
    slack: SlackCalls
    key: str = field(default_factory=lambda: f"check/{uuid.uuid4().hex}")
    points: list[Point] = field(default_factory=list)
    _made: list[str] = field(default_factory=list)
    _files: list[str] = field(default_factory=list)

    def run(self) -> list[Point]:
        """Tries everything. Raises SlackRefusal or UnknownOutcome if not even a message can be posted."""
        root = self._post()
        try:
            self._try(
                "reads its key back from the channel's history", f"{_READ_SCOPE}; until then {_DOUBLES}", lambda: self._find(root, None)
            )
            with self._trying("edits its message", "The digest would post a root and never bring it up to date"):
                self.slack.again("chat.update", channel=self.channel, ts=root, **self._content(_paragraph(_NOTE)))
            replies = f"{_READ_SCOPE}; until then {_DOUBLES} in threads"
            self._try("reads its key back from a thread's replies", replies, lambda: self._find(self._post(thread_ts=root), root))
            plain = "Tables are told in plain text instead"
            self._try("shows a table", plain, lambda: self._post(_table([{"align": "right"}]), root), is_needed=False)
            self._try(
                "shows a table whose columns are not aligned",
                plain,
                lambda: self._post(_table([{"is_wrapped": True}]), root),
                is_needed=False,
            )
            self._try(
                "shows a picture that is not shared", "The digest goes without pictures", lambda: self._picture(root), is_needed=False
            )
        finally:
            self._clear_away()
        return self.points

    @contextmanager
    def _trying(self, what: str, otherwise: str, *, is_needed: bool = True) -> Iterator[None]:
        trouble = None
        try:
            yield
        except (SlackRefusal, UnknownOutcome, _DoesNotHold) as error:
            trouble = str(error).rstrip(".")
            is_needed = is_needed or (isinstance(error, SlackRefusal) and error.error == "missing_scope")
        self.points.append(Point(what, trouble, f"{otherwise}.", is_needed))

    def _try(self, what: str, otherwise: str, act: Callable[[], object], *, is_needed: bool = True) -> None:
        with self._trying(what, otherwise, is_needed=is_needed):
            act()

    def _post(self, block: Answer | None = None, thread_ts: str | None = None) -> str:
        arguments = self._content(block or _paragraph(_NOTE)) | ({} if thread_ts is None else {"thread_ts": thread_ts})
        ts = str(self.slack.once("chat.postMessage", channel=self.channel, **arguments)["ts"])
        self._made.append(ts)
        return ts

    def _content(self, *blocks: Answer) -> Answer:
        payload = {"key": self.key, "said": '{"changes": 0}'}
        return {"text": _NOTE, "blocks": list(blocks), "metadata": {"event_type": EVENT_TYPE, "event_payload": payload}}

    def _find(self, ts: str, thread_ts: str | None) -> None:
        """Looks for a while: Slack may list a message a moment after it took it."""
        where = {"oldest": ts, "inclusive": "true"} if thread_ts is None else {"ts": thread_ts}
        method = "conversations.history" if thread_ts is None else "conversations.replies"
        listed: list[Answer] = []
        for _ in self.slack.turns(self.slack.patience.unknown_seconds):
            page = self.slack.again(method, channel=self.channel, include_all_metadata="true", limit="200", **where)
            if listed := [found for found in page["messages"] if found["ts"] == ts]:
                break
        if not listed:
            raise _DoesNotHold(f"it is not listed within {self.slack.patience.unknown_seconds:.0f} s")
        if key_of(listed[0]) != self.key:
            raise _DoesNotHold("it is listed without its metadata")

    def _picture(self, root: str) -> None:
        picture = Picture("check.png", "A pixel", "a pixel", _A_PIXEL)
        file_id = self.slack.patiently(lambda: upload(picture, self.slack, self._files.append))
        for seconds_left in self.slack.turns(self.slack.patience.unknown_seconds):
            try:
                self._post(image_block(picture, file_id), root)
                return
            except SlackRefusal as refusal:
                if "invalid slack file" not in refusal.details or seconds_left <= 0:
                    raise

    def _clear_away(self) -> None:
        with self._trying("deletes its messages and files", "Twins and superseded pictures stay; delete what this check left by hand"):
            for file_id in self._files:
                with suppress(UnknownOutcome):
                    self.slack.again("files.delete", file=file_id)
            for ts in reversed(self._made):
                self.slack.again("chat.delete", channel=self.channel, ts=ts)


def _paragraph(text: str) -> Answer:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}


def _table(column_settings: list[Any]) -> Answer:
    cells = [{"type": "raw_text", "text": text} for text in ("Release", "State")]
    return {"type": "table", "rows": [cells, cells], "column_settings": column_settings}
