"""The channel as a reader sees it: messages, threads, broadcasts, tables and pictures, as one page without outside resources."""

from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from local.slack_stand_in.message_store import Channel, Message, MessageStore
from local.slack_stand_in.slack_markup import as_html

_templates = Environment(loader=PackageLoader("local.slack_stand_in", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _clock(ts: str) -> str:
    return f"{datetime.fromtimestamp(float(ts), UTC):%H:%M}"


def _day(ts: str) -> str:
    at = datetime.fromtimestamp(float(ts), UTC)
    return f"{at:%A}, {at.day} {at:%B %Y}"


def _styled(element: dict[str, Any]) -> Markup:
    """One rich text element; text is never interpreted."""
    kind = element["type"]
    text = {
        "usergroup": f"@{element.get('usergroup_id', '')}",
        "user": f"@{element.get('user_id', '')}",
        "channel": f"#{element.get('channel_id', '')}",
        "broadcast": f"@{element.get('range', '')}",
        "emoji": f":{element.get('name', '')}:",
        "link": element.get("text") or element.get("url", ""),
        "date": element.get("fallback", ""),
    }.get(kind, element.get("text", ""))
    shown = Markup("{}").format(text)
    for style, tag in (("code", "code"), ("strike", "s"), ("italic", "i"), ("bold", "b")):
        if element.get("style", {}).get(style):
            shown = Markup(f"<{tag}>{{}}</{tag}>").format(shown)  # noqa: S704 - the tag is one of four
    if kind in ("usergroup", "user", "broadcast"):
        shown = Markup('<span class="mention">{}</span>').format(shown)
    if kind == "link":
        shown = Markup('<a href="{}" rel="noopener">{}</a>').format(element["url"] if element["url"].startswith("http") else "#", shown)
    return shown


def render_channel(store: MessageStore, channel: Channel, thread_ts: str | None = None) -> str:
    """The page of a channel, with one thread open beside it where `thread_ts` names one."""
    messages = store.messages(channel)
    replies: dict[str, list[Message]] = {}
    for message in messages:
        if message.is_reply and message.thread_ts is not None:
            replies.setdefault(message.thread_ts, []).append(message)
    parents = {message.ts: message for message in messages}
    return _templates.get_template("channel.html").render(
        channel=channel,
        channels=store.channels(),
        messages=[m for m in messages if not m.is_reply or m.is_broadcast],
        replies=replies,
        parents=parents,
        thread=parents.get(thread_ts) if thread_ts else None,
        files={file.id: file for file in store.files()},
        revision=store.revision,
        clock=_clock,
        day=_day,
        styled=_styled,
        as_html=as_html,
    )
