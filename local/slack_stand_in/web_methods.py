"""The Web API methods by name, each a function from the workspace and the call's arguments to Slack's answer, and its scope."""

from collections.abc import Callable
from dataclasses import dataclass

from local.slack_stand_in.file_methods import complete_upload, delete_file, file_info, get_upload_url
from local.slack_stand_in.listing_methods import history, join_channel, list_channels, replies
from local.slack_stand_in.message_methods import delete_message, post_message, update_message
from local.slack_stand_in.method_calls import BOT_ID, TEAM_ID, Answer, Arguments, Workspace


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
