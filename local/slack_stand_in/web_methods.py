"""The Web API methods, each a function from the workspace and the call's arguments to Slack's answer."""

import json
import re
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local.slack_stand_in.block_rules import check_blocks, is_too_long
from local.slack_stand_in.message_store import Channel, File, Message, MessageStore

Arguments = dict[str, Any]
Answer = dict[str, Any]

LONGEST_TEXT = 40_000
LARGEST_METADATA_BYTES = 8_000
_EVENT_TYPE = re.compile(r"^[A-Za-z0-9_.-]{1,255}$")
BOT_ID, TEAM_ID, APP_ID = "B0RELEASE1", "T0STANDIN1", "A0RELEASE1"


@dataclass(frozen=True)
class Workspace:
    """`file_processing_seconds`: how long a finished upload cannot be shown yet, as in Slack."""

    store: MessageStore
    base_url: str
    file_processing_seconds: float = 0.2


class SlackError(Exception):
    """An answer with ok = false."""

    def __init__(self, error: str, complaints: list[str] | None = None) -> None:
        super().__init__(error)
        self.answer: Answer = {"ok": False, "error": error}
        if complaints:
            self.answer["errors"] = complaints
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {words}" for words in complaints]}


def _channel(workspace: Workspace, arguments: Arguments, *, by_name: bool = False) -> Channel:
    given = str(arguments.get("channel", ""))
    channel = workspace.store.channel_of(given)
    if channel is None or (not by_name and given != channel.id):
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("is_archived")
    if not channel.is_member:
        raise SlackError("not_in_channel")
    return channel


def _json(arguments: Arguments, name: str) -> Any:
    value = arguments.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise SlackError(f"invalid_{name}_format") from error


def _is_set(arguments: Arguments, name: str) -> bool:
    return str(arguments.get(name, "")).lower() in ("1", "true")


def _checked_blocks(workspace: Workspace, arguments: Arguments) -> list[dict[str, Any]] | None:
    blocks = _json(arguments, "blocks")
    if blocks is None:
        return None
    complaints = check_blocks(blocks)
    for index, block in enumerate(blocks if not complaints else []):
        if block["type"] == "image" and "slack_file" in block and not _is_visible(workspace, block["slack_file"]["id"]):
            complaints.append(f"invalid slack file [json-pointer:/blocks/{index}/slack_file]")
    if complaints:
        raise SlackError("invalid_blocks", complaints)
    if is_too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return list(blocks)


def _is_visible(workspace: Workspace, file_id: str) -> bool:
    file = workspace.store.file_of(file_id)
    if file is None or file.is_deleted or not file.is_complete or file.uploaded_at is None:
        return False
    return time.time() - file.uploaded_at >= workspace.file_processing_seconds


def _checked_metadata(arguments: Arguments) -> dict[str, Any] | None:
    metadata = _json(arguments, "metadata")
    if metadata is None:
        return None
    if metadata == {}:
        return {}
    is_well_formed = isinstance(metadata, dict) and set(metadata) == {"event_type", "event_payload"}
    if not is_well_formed or not isinstance(metadata["event_payload"], dict) or not _EVENT_TYPE.match(str(metadata["event_type"])):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > LARGEST_METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return dict(metadata)


def _as_slack_message(message: Message, replies: list[Message], *, with_metadata: bool) -> Answer:
    shown: Answer = {"type": "message", "ts": message.ts, "text": message.text, "bot_id": BOT_ID, "app_id": APP_ID, "team": TEAM_ID}
    if message.is_deleted:
        shown["subtype"] = "tombstone"
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.is_reply:
        shown["thread_ts"] = message.thread_ts
        if message.is_broadcast:
            shown["subtype"] = "thread_broadcast"
    elif replies:
        shown |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    if message.edited_ts:
        shown["edited"] = {"user": BOT_ID, "ts": message.edited_ts}
    if message.metadata:
        payload = message.metadata["event_payload"] if with_metadata else {}
        shown["metadata"] = {"event_type": message.metadata["event_type"], "event_payload": payload}
    return shown


def post_message(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = _channel(workspace, arguments, by_name=True)
    blocks, metadata = _checked_blocks(workspace, arguments), _checked_metadata(arguments)
    text = str(arguments.get("text", ""))
    if not text and not blocks:
        raise SlackError("no_text")
    thread_ts = arguments.get("thread_ts")
    if thread_ts is not None:
        parent = workspace.store.message_at(channel, str(thread_ts))
        if parent is None:
            raise SlackError("thread_not_found")
        thread_ts = parent.thread_ts or parent.ts
    message = Message(
        ts=workspace.store.next_ts(channel),
        text=text[:LONGEST_TEXT],
        blocks=blocks or [],
        metadata=metadata or None,
        thread_ts=thread_ts,
        is_broadcast=thread_ts is not None and _is_set(arguments, "reply_broadcast"),
    )
    workspace.store.put_message(channel, message)
    answer = {"ok": True, "channel": channel.id, "ts": message.ts, "message": _as_slack_message(message, [], with_metadata=True)}
    if len(text) > LONGEST_TEXT:
        answer["response_metadata"] = {"warnings": ["message_truncated"]}
    return answer


def update_message(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = _channel(workspace, arguments)
    message = workspace.store.message_at(channel, str(arguments.get("ts", "")))
    if message is None or message.is_deleted:
        raise SlackError("message_not_found")
    blocks, metadata = _checked_blocks(workspace, arguments), _checked_metadata(arguments)
    text = arguments.get("text")
    if text is None and blocks is None:
        raise SlackError("no_text")
    kinds, new_kinds = ({block["type"] for block in some} for some in (message.blocks, blocks or []))
    if "rich_text" in kinds and "rich_text" not in new_kinds:
        raise SlackError("block_mismatch")
    is_text_only = blocks is None and text is not None
    changed = replace(
        message,
        text=message.text if text is None else str(text)[:LONGEST_TEXT],
        blocks=[] if is_text_only else (blocks if blocks is not None else message.blocks),
        metadata=message.metadata if metadata is None else (metadata or None),
        # Slack flags a message as edited only when its text was changed, not its blocks.
        edited_ts=f"{time.time():.6f}" if is_text_only else message.edited_ts,
        edits=message.edits + 1,
    )
    workspace.store.put_message(channel, changed)
    return {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "text": changed.text,
        "message": _as_slack_message(changed, [], with_metadata=True),
    }


def delete_message(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = _channel(workspace, arguments)
    message = workspace.store.message_at(channel, str(arguments.get("ts", "")))
    if message is None or message.is_deleted:
        raise SlackError("message_not_found")
    workspace.store.delete_message(channel, message.ts)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


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
    is_inclusive = _is_set(arguments, "inclusive")
    at = float(message.ts)
    after = not oldest or at > float(oldest) or (is_inclusive and at == float(oldest))
    before = not latest or at < float(latest) or (is_inclusive and at == float(latest))
    return after and before


def history(workspace: Workspace, arguments: Arguments) -> Answer:
    """Newest first; replies only where they were broadcast."""
    channel = _channel(workspace, arguments)
    everything = workspace.store.messages(channel)
    in_channel = [m for m in reversed(everything) if (not m.is_reply or m.is_broadcast) and _within(arguments, m)]
    shown, cursor = _page(in_channel, arguments, 100, 999)
    return _listing(shown, everything, cursor, with_metadata=_is_set(arguments, "include_all_metadata"))


def replies(workspace: Workspace, arguments: Arguments) -> Answer:
    """The parent first, then its replies, oldest first."""
    channel = _channel(workspace, arguments)
    ts = str(arguments.get("ts", ""))
    everything = workspace.store.messages(channel)
    thread = [m for m in everything if ts in (m.ts, m.thread_ts)]
    if not thread:
        raise SlackError("thread_not_found")
    shown, cursor = _page([m for m in thread if m.ts == ts or _within(arguments, m)], arguments, 1_000, 1_000)
    return _listing(shown, everything, cursor, with_metadata=_is_set(arguments, "include_all_metadata"))


def _listing(shown: list[Message], everything: list[Message], cursor: str, *, with_metadata: bool) -> Answer:
    listed = [
        _as_slack_message(m, [r for r in everything if r.is_reply and r.thread_ts == m.ts], with_metadata=with_metadata) for m in shown
    ]
    answer: Answer = {"ok": True, "messages": listed, "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def list_channels(workspace: Workspace, arguments: Arguments) -> Answer:
    leave_out_archived = _is_set(arguments, "exclude_archived")
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


def get_upload_url(workspace: Workspace, arguments: Arguments) -> Answer:
    try:
        length = int(arguments.get("length", 0))
    except ValueError as error:
        raise SlackError("invalid_arguments") from error
    if not arguments.get("filename") or length < 1:
        raise SlackError("invalid_arguments")
    alt_text = str(arguments.get("alt_txt") or "")
    if len(alt_text) > 1_000:
        raise SlackError("alt_txt_too_large")
    letters = string.ascii_uppercase + string.digits
    file = File("F" + "".join(secrets.choice(letters) for _ in range(10)), str(arguments["filename"]), "", alt_text, length)
    workspace.store.put_file(file)
    return {"ok": True, "upload_url": f"{workspace.base_url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(workspace: Workspace, arguments: Arguments) -> Answer:
    wanted = _json(arguments, "files")
    if not isinstance(wanted, list) or not wanted:
        raise SlackError("invalid_arguments")
    done = []
    for item in wanted:
        file = workspace.store.file_of(str(item.get("id")))
        if file is None or file.uploaded_at is None or file.is_deleted:
            raise SlackError("file_not_found")
        done.append(replace(file, title=str(item.get("title") or file.name), is_complete=True))
    for file in done:
        workspace.store.put_file(file)
    return {"ok": True, "files": [{"id": file.id, "title": file.title} for file in done]}


def file_info(workspace: Workspace, arguments: Arguments) -> Answer:
    file = workspace.store.file_of(str(arguments.get("file", "")))
    if file is None or file.is_deleted or not file.is_complete:
        raise SlackError("file_not_found")
    mimetype = "image/png" if _is_visible(workspace, file.id) else ""
    return {"ok": True, "file": {"id": file.id, "name": file.name, "title": file.title, "size": file.bytes, "mimetype": mimetype}}


def delete_file(workspace: Workspace, arguments: Arguments) -> Answer:
    file = workspace.store.file_of(str(arguments.get("file", "")))
    if file is None:
        raise SlackError("file_not_found")
    if file.is_deleted:
        raise SlackError("file_deleted")
    workspace.store.put_file(replace(file, is_deleted=True))
    return {"ok": True}


def test_auth(workspace: Workspace, arguments: Arguments) -> Answer:
    return {"ok": True, "url": workspace.base_url, "team": "Stand-in", "user": "release-health", "team_id": TEAM_ID, "bot_id": BOT_ID}


@dataclass(frozen=True)
class Method:
    """A method and the scope that it needs."""

    answer: Callable[[Workspace, Arguments], Answer]
    scope: str | None


METHODS: dict[str, Method] = {
    "auth.test": Method(test_auth, None),
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.update": Method(update_message, "chat:write"),
    "chat.delete": Method(delete_message, "chat:write"),
    "conversations.history": Method(history, "channels:history"),
    "conversations.replies": Method(replies, "channels:history"),
    "conversations.list": Method(list_channels, "channels:read"),
    "conversations.join": Method(join_channel, "channels:join"),
    "files.getUploadURLExternal": Method(get_upload_url, "files:write"),
    "files.completeUploadExternal": Method(complete_upload, "files:write"),
    "files.info": Method(file_info, "files:read"),
    "files.delete": Method(delete_file, "files:write"),
}
