"""Slack's error codes that a person can do something about, each with what to do."""

_MANIFEST = "docs/slack_app_manifest.yaml"

UNKNOWN_OUTCOMES = frozenset(
    {"internal_error", "fatal_error", "request_timeout", "service_unavailable", "update_failed", "team_added_to_org"}
)
"""Answers after which "some aspect of the operation" may have succeeded, in Slack's words."""

FIXES: dict[str, str] = {
    "not_authed": "Set SLACK_BOT_TOKEN to the app's bot token (xoxb-...).",
    "invalid_auth": "SLACK_BOT_TOKEN is not valid for this workspace: copy the bot token from the app's page, OAuth & Permissions.",
    "account_inactive": "The app or its workspace was removed: install the app again and set SLACK_BOT_TOKEN.",
    "token_revoked": "The token was revoked: reinstall the app and set SLACK_BOT_TOKEN to the new one.",
    "token_expired": "The token has expired: reinstall the app and set SLACK_BOT_TOKEN to the new one.",
    "missing_scope": f"Give the app the scopes of {_MANIFEST} and reinstall it to the workspace.",
    "channel_not_found": "Create the channel, or correct its name in SLACK_CHANNEL or digest_routing.toml; invite the app to a private one.",
    "not_in_channel": "Invite the app to the channel: type /invite @release-health there.",
    "is_archived": "The channel is archived: unarchive it, or name another in SLACK_CHANNEL or digest_routing.toml.",
    "is_inactive": "The channel is archived or frozen: unarchive it, or name another in SLACK_CHANNEL or digest_routing.toml.",
    "edit_window_closed": "The workspace lets messages be edited for a limited time: an admin can lift it for apps (Settings, Message editing).",
    "cant_update_message": "The message belongs to another app or token: set SLACK_BOT_TOKEN to the app that posted it.",
    "restricted_action": "A workspace preference keeps apps from posting there: let the app post in the channel's settings.",
    "restricted_action_read_only_channel": "The channel is read-only: allow the app to post in the channel's settings.",
    "restricted_action_thread_only_channel": "The channel allows replies only: allow the app to post in the channel's settings.",
    "ratelimited": "Slack asks to slow down for longer than this task waits: run it again in a few minutes.",
    "invalid_blocks": "This is a bug of the digest: please report it with the message above.",
    "msg_blocks_too_long": "This is a bug of the digest: please report it with the message above.",
}
