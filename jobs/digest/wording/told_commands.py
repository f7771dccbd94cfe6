"""Commands that the thread gives to type, safe to paste whatever a client called its version."""

import shlex
from datetime import timedelta

from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook
from jobs.wording.client_text import as_sentence

_MUTE = timedelta(hours=12)


def answer_commands(facts: DigestFacts, release: ReleaseLook) -> str:
    """The commands that answer an alarm, a line each."""
    mute_until = (facts.window_end + _MUTE).strftime("%Y-%m-%dT%H:%MZ")
    answers = ("--confirm --note why", "--dismiss --note why", f"--mute-until {mute_until}")
    return "\n".join(f"{facts.command_lead}review_release {_named(release)} --by you {answer}" for answer in answers)


def explain_command(facts: DigestFacts, release: ReleaseLook) -> str:
    """The command that recomputes a release's verdict from stored rows."""
    as_of = release.verdict.as_of.strftime("%Y-%m-%dT%H:%MZ")
    return f"{facts.command_lead}explain_release_health {_named(release)} --as-of {as_of}"


def _named(release: ReleaseLook) -> str:
    channel, version = shlex.quote(as_sentence(release.verdict.channel, 40)), shlex.quote(as_sentence(release.version, 80))
    return f"--channel {channel} --version {version}"
