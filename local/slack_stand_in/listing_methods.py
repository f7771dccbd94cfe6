"""conversations.history, .replies, .list and .join."""

from dataclasses import replace
from typing import Any

from local.slack_stand_in.message_store import Channel, Message
from local.slack_stand_in.method_calls import Answer, Arguments, SlackError, Workspace, as_slack_message, channel_of_call, is_set


def _page(messages: list[Any], arguments: Arguments, default: int, most: int) -> tuple[list[Any], str]:
    try:
        limit = min(int(arguments.get("limit", default)), most)
        start = int(str(arguments.get("cursor") or "0").removeprefix("next-"))
    except ValueError as error:
        raise SlackError("invalid_cursor") from error
    if limit < 1:
        raise SlackError("invalid_limit")
    has_more = start + limit < len(messages)
    return messages[start : start + limit], f"next-{start + limit}" if has_more else ""


def _within(arguments: Arguments, message: Message) -> bool:
    oldest, latest = (str(arguments.get(name) or "") for name in ("oldest", "latest"))
    is_inclusive = is_set(arguments, "inclusive")
    at = float(message.ts)
    after = not oldest or at > float(oldest) or (is_inclusive and at == float(oldest))
    before = not latest or at < float(latest) or (is_inclusive and at == float(latest))
    return after and before


def _listed(workspace: Workspace, channel: Channel) -> list[Message]:
    """The messages that the listing methods know of already."""
    until = workspace.now() - workspace.conditions.history_lag_seconds
    return [message for message in workspace.store.messages(channel) if message.accepted_at <= until]


def history(workspace: Workspace, arguments: Arguments) -> Answer:
    """Newest first; replies only where they were broadcast."""
    channel = channel_of_call(workspace, arguments)
    everything = _listed(workspace, channel)
    in_channel = [m for m in reversed(everything) if (not m.is_reply or m.is_broadcast) and _within(arguments, m)]
    shown, cursor = _page(in_channel, arguments, 100, 999)
    return _listing(shown, everything, cursor, with_metadata=_shows_metadata(workspace, arguments))


def replies(workspace: Workspace, arguments: Arguments) -> Answer:
    """The parent first, then its replies, oldest first."""
    channel = channel_of_call(workspace, arguments)
    ts = str(arguments.get("ts", ""))
    everything = _listed(workspace, channel)
    thread = [m for m in everything if ts in (m.ts, m.thread_ts)]
    if not thread:
        raise SlackError("thread_not_found")
    shown, cursor = _page([m for m in thread if m.ts == ts or _within(arguments, m)], arguments, 1_000, 1_000)
    return _listing(shown, everything, cursor, with_metadata=_shows_metadata(workspace, arguments))


def _shows_metadata(workspace: Workspace, arguments: Arguments) -> bool:
    return is_set(arguments, "include_all_metadata") and not workspace.conditions.hides_metadata


def _listing(shown: list[Message], everything: list[Message], cursor: str, *, with_metadata: bool) -> Answer:
    replies_of: dict[str | None, list[Message]] = {}
    for message in everything:
        if message.is_reply:
            replies_of.setdefault(message.thread_ts, []).append(message)
    listed = [as_slack_message(m, replies_of.get(m.ts, []), with_metadata=with_metadata) for m in shown]
    answer: Answer = {"ok": True, "messages": listed, "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def list_channels(workspace: Workspace, arguments: Arguments) -> Answer:
    leave_out_archived = is_set(arguments, "exclude_archived")
    channels = [c for c in workspace.store.channels() if not (leave_out_archived and c.is_archived)]
    shown, cursor = _page(channels, arguments, 100, 999)
    listed = [{"id": c.id, "name": c.name, "is_channel": True, "is_archived": c.is_archived, "is_member": c.is_member} for c in shown]
    return {"ok": True, "channels": listed, "response_metadata": {"next_cursor": cursor}}


def join_channel(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = workspace.store.channel_of(str(arguments.get("channel", "")))
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("is_archived")
    workspace.store.put_channel(replace(channel, is_member=True))
    return {"ok": True, "channel": {"id": channel.id, "name": channel.name}}
