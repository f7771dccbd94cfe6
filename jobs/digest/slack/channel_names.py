"""Which Slack channel a name means: looked up once and kept, so that a channel that is renamed stays the same one."""

from jobs.digest.messages.outgoing_message import message_key
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import SlackCalls, is_channel_id


def channel_id(name: str, slack: SlackCalls, ledger: SentLedger) -> str:
    """The id of a channel by its name or id; what was noted under the name is carried over. Raises SlackRefusal, UnknownOutcome."""
    name = name.removeprefix("#")
    if is_channel_id(name):
        return name
    found = ledger.channel_named(name)
    if found is None:
        found = slack.channel_id(name)
        ledger.note_channel(name, found, lambda key: _key_by_id(key, name, found))
    return found


def known_channel(name: str, ledger: SentLedger) -> str:
    """As `channel_id`, without asking Slack; the name itself if it was never looked up."""
    name = name.removeprefix("#")
    return ledger.channel_named(name) or name


def _key_by_id(key: str, name: str, slack_channel: str) -> str:
    """A key that was made with the channel's name, made with its id; as it is where it does not show its parts whole."""
    parts = key.split("/")[:-1]
    if len(parts) < 2:
        return key
    for written in (name, f"#{name}"):
        if message_key(parts[0], written, *parts[2:]) == key:
            return message_key(parts[0], slack_channel, *parts[2:])
    return key
