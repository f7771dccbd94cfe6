"""What the demo found out: which betas were ever called regressed, the current one's verdict, and the words of the digest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.expressions import EqualTo
from rich.console import Console
from slack_sdk import WebClient

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH
from jobs.declarations.windows import Mode
from jobs.deployment.settings import from_environment
from jobs.tables.lake.lake_catalog import identifier, open_catalog, stored_table
from simulation.ping_world.clients import BRANCHES, EXPERIMENT
from simulation.ping_world.world import REGRESSION, PingWorld


@dataclass(frozen=True)
class Verdict:
    """A look at a release as a whole."""

    as_of: datetime
    release_version: str
    state: str
    age_hours: float
    score: float | None


def complete_hours() -> dict[datetime, Mode]:
    """The hours whose rows are published, with their mode."""
    audit = stored_table(open_catalog(), INGEST_AUDIT)
    if audit is None:
        return {}
    rows = audit.scan(selected_fields=("hour_start", "mode", "status")).to_arrow().to_pylist()
    return {row["hour_start"]: Mode(row["mode"]) for row in rows if row["status"] == "complete"}


def report_outcome(slack: WebClient, world: PingWorld, as_of: datetime, console: Console) -> list[str]:
    """Prints the digest and what it flags of the world's culprit; returns what is wrong with it."""
    digest = read_digest(slack, from_environment().slack_channel)
    verdicts = read_verdicts(open_catalog())
    console.rule("the digest, as posted (simulated data)")
    console.print(digest, markup=False, highlight=False, soft_wrap=True)
    console.rule()
    if world.culprit == "experiment":
        return what_is_wrong_about_the_experiment(verdicts, digest)
    hours = hours_until_flagged(verdicts, REGRESSION.display_version, world.current.released_at)
    if hours is not None:
        console.print(f"{REGRESSION.display_version} is flagged as regressed, for the first time {hours:.0f} h after its release.")
    return what_is_wrong(verdicts, digest, REGRESSION.display_version, as_of)


def read_verdicts(catalog: Catalog) -> list[Verdict]:
    """Every look's verdict on every release, in order of time."""
    columns = ("as_of", "release_version", "state", "age_hours", "score")
    rows = catalog.load_table(identifier(RELEASE_HEALTH)).scan(row_filter=EqualTo("scope", "release"), selected_fields=columns)
    return sorted((Verdict(**row) for row in rows.to_arrow().to_pylist()), key=lambda verdict: (verdict.as_of, verdict.release_version))


def first_regressed(verdicts: list[Verdict]) -> dict[str, Verdict]:
    """For each release that was ever called regressed, the first look that did."""
    first: dict[str, Verdict] = {}
    for verdict in verdicts:
        if verdict.state == "regressed":
            first.setdefault(verdict.release_version, verdict)
    return first


def what_is_wrong(verdicts: list[Verdict], digest: str, bad_release: str, as_of: datetime) -> list[str]:
    """Why the demo failed, in sentences; empty if exactly the bad release is flagged, by the tables and by the digest."""
    flagged = first_regressed(verdicts)
    latest = {verdict.release_version: verdict for verdict in verdicts if verdict.as_of == as_of}
    problems = []
    if bad_release not in latest:
        problems.append(f"release_health has no verdict on {bad_release} as of {as_of:%Y-%m-%d %H:%M} UTC")
    elif latest[bad_release].state != "regressed":
        problems.append(f"{bad_release} is bad, but its verdict is {latest[bad_release].state}")
    problems += [
        f"{verdict.release_version} is healthy, but was called regressed at an age of {verdict.age_hours:.0f} h"
        for verdict in flagged.values()
        if verdict.release_version != bad_release
    ]
    if not any(bad_release in line and "regressed" in line.lower() for line in digest.splitlines()):
        problems.append(f"the digest does not say that {bad_release} is regressed")
    return problems


def what_is_wrong_about_the_experiment(verdicts: list[Verdict], digest: str) -> list[str]:
    """Why the demo failed where no release is bad, but a branch of an experiment is."""
    problems = [
        f"{verdict.release_version} is healthy, but was called regressed at an age of {verdict.age_hours:.0f} h"
        for verdict in first_regressed(verdicts).values()
    ]
    told = f"It is not the release: branch {BRANCHES[-1]} of {EXPERIMENT}"
    return problems if told in digest else [*problems, f'the digest does not say "{told}"']


def hours_until_flagged(verdicts: list[Verdict], release: str, released_at: datetime) -> float | None:
    """Hours from the release to the first look that called it regressed."""
    first = first_regressed(verdicts).get(release)
    return None if first is None else (first.as_of - released_at) / timedelta(hours=1)


def read_digest(client: WebClient, channel_name: str) -> str:
    """The text of the newest digest in the channel, summaries of backfills aside; empty if there is none."""
    channels = client.conversations_list(types="public_channel")["channels"]
    channel = next(channel["id"] for channel in channels if channel["name"] == channel_name)
    newest_first = client.conversations_history(channel=channel, limit=100, include_all_metadata=True)["messages"]
    digests = [message for message in newest_first if _message_key(message).startswith("root/")]
    return message_text(digests[0]) if digests else ""


def _message_key(message: dict[str, Any]) -> str:
    return str(message.get("metadata", {}).get("event_payload", {}).get("key", ""))


def message_text(message: dict[str, Any]) -> str:
    """What a person reads in a message, a line for each block; a table's cells with bars between them."""
    lines = [_block_text(block) for block in message.get("blocks", [])]
    return "\n".join(line for line in lines if line) or str(message.get("text", ""))


def _block_text(block: dict[str, Any]) -> str:
    if block.get("type") == "table":
        return "\n".join(" | ".join(_plain(cell) for cell in row) for row in block["rows"])
    return _plain(block)


def _plain(part: Any) -> str:
    """All text below a part of a message."""
    if isinstance(part, list):
        return "".join(_plain(each) for each in part)
    if not isinstance(part, dict):
        return ""
    if isinstance(part.get("text"), str):
        return str(part["text"])
    if part.get("type") == "rich_text_list":
        return "".join(f"\n  - {_plain(element)}" for element in part["elements"])
    return "".join(_plain(part[name]) for name in ("text", "fields", "elements") if name in part)
