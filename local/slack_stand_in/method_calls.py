"""What the Web API methods share: the workspace, the arguments of a call and their checks, and Slack's form of a message."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from local.slack_stand_in.block_rules import check_blocks, is_too_long
from local.slack_stand_in.message_store import Channel, Message, MessageStore
from local.slack_stand_in.workspace_conditions import Conditions

Arguments = dict[str, Any]
Answer = dict[str, Any]

LARGEST_METADATA_BYTES = 8_000
_EVENT_TYPE = re.compile(r"^[A-Za-z0-9_.-]{1,255}$")
BOT_ID, TEAM_ID, APP_ID = "B0RELEASE1", "T0STANDIN1", "A0RELEASE1"


@dataclass(frozen=True)
class Workspace:
    """`stamped_at`: the time that a message gets which waited in Slack's queue, None for that of its acceptance."""

    store: MessageStore
    base_url: str
    conditions: Conditions = field(default_factory=Conditions)
    stamped_at: float | None = None

    def now(self) -> float:
        return self.conditions.now()


class SlackError(Exception):
    """An answer with ok = false."""

    def __init__(self, error: str, complaints: list[str] | None = None) -> None:
        super().__init__(error)
        self.answer: Answer = {"ok": False, "error": error}
        if complaints:
            self.answer["errors"] = complaints
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {words}" for words in complaints]}


def channel_of_call(workspace: Workspace, arguments: Arguments, *, by_name: bool = False) -> Channel:
    """The channel that a call names, if the bot may write there."""
    given = str(arguments.get("channel", ""))
    channel = workspace.store.channel_of(given)
    if channel is None or (not by_name and given != channel.id):
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("is_archived")
    if not channel.is_member:
        raise SlackError("not_in_channel")
    return channel


def json_argument(arguments: Arguments, name: str) -> Any:
    """An argument that may come as JSON in a form."""
    value = arguments.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise SlackError(f"invalid_{name}_format") from error


def is_set(arguments: Arguments, name: str) -> bool:
    """Whether a flag is set, whatever way it is written."""
    return str(arguments.get(name, "")).lower() in ("1", "true")


def checked_blocks(workspace: Workspace, arguments: Arguments) -> list[dict[str, Any]] | None:
    """The blocks of a call, None if it has none."""
    blocks = json_argument(arguments, "blocks")
    if blocks is None:
        return None
    complaints = check_blocks(blocks)
    for index, block in enumerate(blocks if not complaints else []):
        if block["type"] == "image" and "slack_file" in block and not is_visible(workspace, block["slack_file"]["id"]):
            complaints.append(f"invalid slack file [json-pointer:/blocks/{index}/slack_file]")
        complaints += [f"unsupported: {part} [json-pointer:/blocks/{index}]" for part in _refused_parts(workspace, block)]
    if complaints:
        raise SlackError("invalid_blocks", complaints)
    if is_too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return list(blocks)


def _refused_parts(workspace: Workspace, block: dict[str, Any]) -> list[str]:
    has = {
        "table": block["type"] == "table",
        "slack_file": "slack_file" in block,
        "unaligned": any(setting and "align" not in setting for setting in block.get("column_settings", [])),
    }
    return [part for part in workspace.conditions.refuses_parts if has[part]]


def is_visible(workspace: Workspace, file_id: str) -> bool:
    """Whether a file may be shown by a message yet."""
    file = workspace.store.file_of(file_id)
    if file is None or file.is_deleted or not file.is_complete or file.uploaded_at is None:
        return False
    return workspace.now() - file.uploaded_at >= workspace.conditions.file_processing_seconds


def checked_metadata(arguments: Arguments) -> dict[str, Any] | None:
    """The metadata of a call, None if it has none, {} to remove it."""
    metadata = json_argument(arguments, "metadata")
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


def as_slack_message(message: Message, replies: list[Message], *, with_metadata: bool) -> Answer:
    """A message as the listing methods show it."""
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
