"""Weeks of hourly digests against a Slack that has bad days: `make test-slack-soak`, or `python -m tests.digest.slack_soak --seed 7`.

Time is simulated, Slack's stand-in, slack-sdk and the ledger are real. Calls fail, are accepted late or in another order, or are listed
late; processes are killed between any two steps; ledgers are lost or restored from yesterday's copy; channels are renamed and named in
other ways; the hosts' clocks differ from Slack's and from each other's. Every day ends with two hours in which nothing goes wrong. Then
there must be one root for each release channel and day with the last figures, one broadcast for each release that was ever called
regressed, each message once, and as the last word what is true.
"""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.facts.digest_facts import DigestFacts
from jobs.digest.messages.channel_messages import root_message
from jobs.digest.messages.outgoing_message import Picture
from jobs.digest.slack.digest_posting import NotAllDelivered, Post
from jobs.digest.slack.message_lookup import alarm_of, said_by
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import SlackCalls
from local.slack_stand_in.message_store import Channel, Message
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from tests.digest.facts_factory import State, a_cell, a_regressed_cell, a_release, some_facts
from tests.digest.virtual_time import VirtualClock
from tests.running_stand_in import RunningStandIn, running_stand_in

START = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUIET_FROM = 22
"""The hour of the day from which on nothing goes wrong."""
SLACK_CHANNELS = {"C0RELEASES": ("beta", "release"), "C0NIGHTLY0": ("nightly",)}
METHODS = (
    "conversations.list",
    "conversations.history",
    "conversations.replies",
    "chat.postMessage",
    "chat.postMessage",
    "chat.update",
    "chat.delete",
    "files.getUploadURLExternal",
    "upload",
    "files.completeUploadExternal",
    "files.delete",
    "*",
)


class Killed(BaseException):
    """The process ended at once: it writes nothing more, and lets go of no claim."""


@dataclass
class Soak:
    """One simulated installation. `told`: what every successful digest has said, by release channel."""

    slack: RunningStandIn
    folder: Path
    random: random.Random
    clock: VirtualClock
    names: dict[str, str]
    """By a Slack channel's id, what the routing file calls it."""
    happened: Counter[str] = field(default_factory=Counter)
    regressed: dict[tuple[str, str], bool] = field(default_factory=dict)
    """By release channel and version, whether it is regressed now."""
    alarmed: set[tuple[str, str]] = field(default_factory=set)
    """The releases that a digest without trouble called regressed."""

    def live(self, hours: int) -> None:
        """Simulates so many hours; raises AssertionError when what stands in Slack is not what it should be."""
        for number in range(hours):
            window_end = START + (number + 1) * HOUR
            self.clock.seconds = max(self.clock.seconds, (window_end + timedelta(minutes=2)).timestamp())
            is_quiet = number % 24 >= QUIET_FROM
            self._turn_the_releases(number)
            if not is_quiet:
                self._disturb(number)
            for _ in range(3):
                if self._digest(window_end, number, is_quiet):
                    break
                self.clock.seconds += 300  # as Airflow tries again
            self.slack.stand_in.faults.clear()
            if number % 24 == 12:
                shutil.copy(self.folder / "ledger.db", self.folder / "copy.db")
            if number % 24 == 23:
                self._check(window_end, number)

    def _turn_the_releases(self, number: int) -> None:
        for channel in (channel for channels in SLACK_CHANNELS.values() for channel in channels):
            for version in self._versions(number):
                key = (channel, version)
                is_regressed = self.regressed.setdefault(key, False)
                if self.random.random() < (0.05 if is_regressed else 0.02):
                    self.regressed[key] = not is_regressed

    def _versions(self, number: int) -> tuple[str, ...]:
        week = number // 168
        return tuple(f"57.{each}" for each in (week, week - 1) if each >= 0)

    def _disturb(self, number: int) -> None:
        conditions, draw = self.slack.stand_in.conditions, self.random.random
        conditions.history_lag_seconds = self.random.choice((0, 0, 5, 60))
        conditions.clock_ahead_seconds = self.random.choice((0, -90, 90)) if number % 24 == 0 else conditions.clock_ahead_seconds
        while draw() < 0.3:
            kind = self.random.choice(("drop", "status", "rate_limit", "error", "late", "late"))
            moment, times = self.random.choice(("before", "after")), self.random.choice((1, 1, 2, 40))
            seconds = self.random.uniform(1, 300) if kind == "late" else 0
            self.slack.fails(self.random.choice(METHODS), kind, moment, times=times, skip=self.random.randrange(5), seconds=seconds)
            self.happened[kind] += 1
        if draw() < 0.03:
            error = self.random.choice(("invalid_blocks", "cant_update_message", "edit_window_closed", "file_uploads_disabled"))
            method = {"file_uploads_disabled": "files.getUploadURLExternal", "invalid_blocks": "*"}.get(error, "chat.update")
            self.slack.fails(method, "error", error=error, times=self.random.choice((1, 100)))
            self.happened[error] += 1
        if draw() < 0.02:
            (self.folder / "ledger.db").unlink(missing_ok=True)
            self.happened["lost ledger"] += 1
        elif draw() < 0.02 and (self.folder / "copy.db").exists():
            shutil.copy(self.folder / "copy.db", self.folder / "ledger.db")
            self.happened["old ledger"] += 1
        if draw() < 0.02:
            self._rename(number)

    def _rename(self, number: int) -> None:
        slack_channel = self.random.choice(list(SLACK_CHANNELS))
        name = f"{SLACK_CHANNELS[slack_channel][0]}-{number}"
        self.slack.stand_in.store.put_channel(Channel(slack_channel, name))
        self.names[slack_channel] = self.random.choice((name, f"#{name}", slack_channel))
        self.happened["renamed"] += 1

    def _digest(self, window_end: datetime, number: int, is_quiet: bool) -> bool:
        """One task; whether it succeeded."""
        ahead_seconds = 0.0 if is_quiet else self.random.uniform(-120, 120)
        kill = None if is_quiet or self.random.random() > 0.08 else self.random.randrange(30)
        if is_quiet:
            self.slack.stand_in.conditions.history_lag_seconds = 0
        host = self.clock.as_host(ahead_seconds)
        ledger, slack = (
            SentLedger(f"sqlite:///{self.folder / 'ledger.db'}", clock=host),
            SlackCalls(self.slack.api_url, DEFAULT_TOKEN, clock=host),
        )
        _die_at(kill, self.random.random() < 0.5, ledger, slack)
        post, is_all_told = Post(slack, ledger, datetime.fromtimestamp(host.now(), UTC)), True
        try:
            for slack_channel, channels in SLACK_CHANNELS.items():
                for channel in channels:
                    facts = self._facts(channel, window_end, number)
                    try:
                        post.channel(decide_digest(facts), Route(self.names[slack_channel]), self._pictures(channel, number))
                    except NotAllDelivered:
                        is_all_told = False
                        continue
                    self.alarmed |= {(channel, r.version) for r in facts.releases if r.verdict.state is State.REGRESSED}
        except Killed:
            self.happened["killed"] += 1
            self.clock.seconds += 60
            return False
        finally:
            ledger.close()
        if not is_all_told:
            self.happened["failed"] += 1
        return is_all_told

    def _facts(self, channel: str, window_end: datetime, number: int) -> DigestFacts:
        releases = []
        for version in self._versions(number):
            names = {"channel": channel, "release_version": version, "as_of": window_end}
            if self.regressed[(channel, version)]:
                releases.append(a_release(State.REGRESSED, (a_regressed_cell(**names),), score=1.5, **names))
            else:
                releases.append(a_release(State.HEALTHY, (a_cell(**names),), **names))
        return some_facts(*releases, channel=channel, window_start=window_end - HOUR, window_end=window_end)

    def _pictures(self, channel: str, number: int) -> Callable[[], tuple[Picture, ...]]:
        drawn = (Picture("ratio.png", "Ratio", "a ratio", f"picture {number // 6}".encode()),) if channel == "nightly" else ()
        return lambda: drawn

    def _check(self, window_end: datetime, number: int) -> None:
        for slack_channel, channels in SLACK_CHANNELS.items():
            messages = self.slack.stand_in.store.messages(Channel(slack_channel, ""))
            keys = Counter(_payload(message)["key"] for message in messages)
            assert max(keys.values()) == 1, f"stands there {keys.most_common(1)}"
            for channel in channels:
                self._check_channel(slack_channel, channel, messages, window_end, number)

    def _check_channel(self, slack_channel: str, channel: str, messages: list[Message], window_end: datetime, number: int) -> None:
        days = [(START + timedelta(days=day)).date().isoformat() for day in range(number // 24 + 1)]
        of_kind = Counter(tuple(_payload(m)["key"].split("/")[:4:3]) for m in messages if f"/{channel}/" in _payload(m)["key"])
        for day in days:
            assert (of_kind["root", day], of_kind["data", day]) == (1, 1), f"roots and data messages of {channel} on {day}"
        last_word = root_message(decide_digest(self._facts(channel, window_end, number)), slack_channel, window_end)
        root = next(m for m in messages if _payload(m)["key"] == last_word.key)
        assert root.text == last_word.text, f"last word of {channel}'s root"
        for version in (version for told, version in self.alarmed if told == channel):
            said = [_as_listed(m) for m in messages if f"/{channel}/{version}/" in _payload(m)["key"] and "alarm" in _payload(m)]
            alarms = [found for found in said if alarm_of(found) == found["metadata"]["event_payload"]["key"]]
            assert len(alarms) == 1, f"alarms of {channel} {version}"
            words = sorted((said_by(found)["changes"], said_by(found)["is_regressed"]) for found in said)
            assert words == [(n, n % 2 == 0) for n in range(len(words))], f"what was said of {channel} {version}"
            if version in self._versions(number):
                assert words[-1][1] is self.regressed[(channel, version)], f"last word of {channel} {version}"


def _payload(message: Message) -> dict[str, Any]:
    return (message.metadata or {"event_payload": {"key": "a tombstone"}})["event_payload"]


def _as_listed(message: Message) -> dict[str, Any]:
    return {"ts": message.ts, "metadata": message.metadata}


def _die_at(step: int | None, after: bool, ledger: SentLedger, slack: SlackCalls) -> None:
    """Lets the process die at that call to Slack or note in the ledger, before it or when it was done."""
    taken = 0

    def watched(act: Callable[..., Any]) -> Callable[..., Any]:
        def take(*arguments: Any, **more: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken - 1 == step and not after:
                die()
            result = act(*arguments, **more)
            if taken - 1 == step and after:
                die()
            return result

        return take

    def die() -> None:
        ledger._release = ledger._write = lambda *_: None
        raise Killed

    slack.once, ledger._write = watched(slack.once), watched(ledger._write)


def soak(days: int, seed: int) -> Counter[str]:
    """Simulates so many days; returns what happened. Raises AssertionError, with the seed, for what must not happen."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder, running_stand_in(Path(folder) / "slack") as slack:
        clock = VirtualClock(START.timestamp())
        slack.stand_in.conditions.clock = clock.now
        names = {}
        for slack_channel, channels in SLACK_CHANNELS.items():
            names[slack_channel] = f"{channels[0]}-health"
            slack.stand_in.store.put_channel(Channel(slack_channel, names[slack_channel]))
        world = Soak(slack, Path(folder), random.Random(seed), clock, names)
        try:
            world.live(days * 24)
        except AssertionError as error:
            at = datetime.fromtimestamp(clock.now(), UTC)
            raise AssertionError(f"{error} (seed {seed}, {at:%Y-%m-%d %H:%M}; {dict(world.happened)})") from error
        world.happened["alarms"] = len(world.alarmed)
        world.happened["calls"] = len(slack.stand_in.calls)
        return world.happened


@click.command(help=__doc__)
@click.option("--days", default=49, show_default=True)
@click.option("--seed", default=None, type=int, help="The same seed gives the same weeks; drawn unless given.")
def main(days: int, seed: int | None) -> None:
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"{days} days of digests, seed {seed}")
    click.echo(", ".join(f"{count:,} {what}" for what, count in sorted(soak(days, seed).items())))


if __name__ == "__main__":
    main()
