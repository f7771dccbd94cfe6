"""chat.postMessage, chat.update and chat.delete."""

from dataclasses import replace

from local.slack_stand_in.message_store import Message
from local.slack_stand_in.method_calls import (
    Answer,
    Arguments,
    SlackError,
    Workspace,
    as_slack_message,
    channel_of_call,
    checked_blocks,
    checked_metadata,
    is_set,
)

LONGEST_TEXT = 40_000


def post_message(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = channel_of_call(workspace, arguments, by_name=True)
    blocks, metadata = checked_blocks(workspace, arguments), checked_metadata(arguments)
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
        ts=workspace.store.free_ts(channel, workspace.now() if workspace.stamped_at is None else workspace.stamped_at),
        text=text[:LONGEST_TEXT],
        blocks=blocks or [],
        metadata=metadata or None,
        thread_ts=thread_ts,
        is_broadcast=thread_ts is not None and is_set(arguments, "reply_broadcast"),
        accepted_at=workspace.now(),
    )
    workspace.store.put_message(channel, message)
    answer = {"ok": True, "channel": channel.id, "ts": message.ts, "message": as_slack_message(message, [], with_metadata=True)}
    if len(text) > LONGEST_TEXT:
        answer["response_metadata"] = {"warnings": ["message_truncated"]}
    return answer


def update_message(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = channel_of_call(workspace, arguments)
    message = workspace.store.message_at(channel, str(arguments.get("ts", "")))
    if message is None or message.is_deleted:
        raise SlackError("message_not_found")
    edit_window_seconds = workspace.conditions.edit_window_seconds
    if edit_window_seconds is not None and workspace.now() - float(message.ts) > edit_window_seconds:
        raise SlackError("edit_window_closed")
    blocks, metadata = checked_blocks(workspace, arguments), checked_metadata(arguments)
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
        edited_ts=f"{workspace.now():.6f}" if is_text_only else message.edited_ts,
        edits=message.edits + 1,
    )
    workspace.store.put_message(channel, changed)
    return {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "text": changed.text,
        "message": as_slack_message(changed, [], with_metadata=True),
    }


def delete_message(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = channel_of_call(workspace, arguments)
    message = workspace.store.message_at(channel, str(arguments.get("ts", "")))
    if message is None or message.is_deleted:
        raise SlackError("message_not_found")
    workspace.store.delete_message(channel, message.ts)
    return {"ok": True, "channel": channel.id, "ts": message.ts}
