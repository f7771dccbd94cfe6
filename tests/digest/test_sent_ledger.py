"""The ledger: one holder at a time, on SQLite and on PostgreSQL; a dead holder's claim ends."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs.digest.messages.outgoing_message import Freshness, message_key
from jobs.digest.slack.channel_names import channel_id
from jobs.digest.slack.ledger_database import LedgerError
from jobs.digest.slack.sent_ledger import LedgerBusy, SentLedger
from local.stack.postgres import start_postgres, stop_postgres
from tests.digest.facts_factory import NOON

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def postgres_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("postgres") / "data"
    yield start_postgres(folder)
    stop_postgres(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'ledger.db'}"
    return request.getfixturevalue("postgres_uri")


def open_ledger(uri: str, **more: float) -> SentLedger:
    return SentLedger(uri, **({"lease_seconds": 30.0, "patience_seconds": 0.2} | more))


def test_what_is_noted_is_found_by_another_process(uri):
    with open_ledger(uri).claim("noted", "release-health", DAY) as claim:
        claim.note(ts="1.000001", state="sent", freshness=Freshness(NOON, is_settled=True), notes={"said": {"changes": 1}})
        claim.note(notes={"more": [1]})
    entry = open_ledger(uri).find("noted")
    assert (entry.ts, entry.state, entry.report_day, entry.slack_channel) == ("1.000001", "sent", DAY, "release-health")
    assert entry.freshness == Freshness(NOON, is_settled=True)
    assert entry.notes == {"said": {"changes": 1}, "more": [1]}


def test_a_second_holder_waits_and_then_gives_up_with_a_message(uri):
    first, second = open_ledger(uri), open_ledger(uri)
    with first.claim("held", "release-health", DAY):
        with pytest.raises(LedgerBusy, match=r"another digest has been sending held .* run this task again later"):
            second.claim("held", "release-health", DAY).__enter__()
        with second.claim("other", "release-health", DAY):
            pass
    with second.claim("held", "release-health", DAY):
        pass


def test_the_claim_of_a_dead_process_ends_and_it_can_write_no_more(uri):
    dead, heir = open_ledger(uri, lease_seconds=0.1), open_ledger(uri, patience_seconds=5)
    lost = dead.claim("inherited", "release-health", DAY)
    claim = lost.__enter__()
    time.sleep(0.15)
    with heir.claim("inherited", "release-health", DAY):
        with pytest.raises(LedgerBusy, match="the claim on inherited ended"):
            claim.note(ts="1.0")
        assert heir.find("inherited").ts is None


def test_a_claim_that_is_renewed_outlives_its_lease(uri):
    holder, other = open_ledger(uri, lease_seconds=0.3), open_ledger(uri, patience_seconds=0.05)
    with holder.claim("renewed", "release-health", DAY) as claim:
        for _ in range(4):
            time.sleep(0.15)
            claim.note()
        with pytest.raises(LedgerBusy):
            other.claim("renewed", "release-health", DAY).__enter__()


def test_of_many_at_once_one_holds_at_a_time(uri):
    holders, most, gate = [0], [0], threading.Barrier(8)

    def take_turns() -> None:
        ledger = open_ledger(uri, patience_seconds=30)
        gate.wait()
        for _ in range(3):
            with ledger.claim("contended", "release-health", DAY):
                holders[0] += 1
                most[0] = max(most[0], holders[0])
                time.sleep(0.002)
                holders[0] -= 1
        ledger.close()

    threads = [threading.Thread(target=take_turns) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_messages_are_found_by_their_days(uri):
    ledger = open_ledger(uri)
    for number in (20, 21, 22, 23):
        with ledger.claim(f"day {number}", "release-health", date(2025, 11, number)):
            pass
    found = [entry.key for entry in ledger.sent_between(date(2025, 11, 21), date(2025, 11, 22))]
    assert found == ["day 21", "day 22"]


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("ledger.db", "LEDGER_URI names no ledger that can be opened"),
        ("oracle9://host/ledger", "LEDGER_URI names no ledger that can be opened"),
        ("sqlite:////proc/nowhere/ledger.db", "LEDGER_URI names no ledger that can be opened"),
        (
            "postgresql+psycopg2://me:secret@127.0.0.1:1/ledger",
            r"the ledger postgresql\+psycopg2://me:\*\*\*@127.0.0.1:1/ledger cannot be used",
        ),
    ],
)
def test_a_ledger_that_cannot_be_used_says_what_to_do(uri, words):
    with pytest.raises(LedgerError, match=words) as caught:
        SentLedger(uri)
    assert "secret" not in str(caught.value)


def test_what_is_no_database_is_called_so(tmp_path):
    (tmp_path / "ledger.db").write_text("notes of last week" * 100)
    with pytest.raises(LedgerError, match=r"cannot be used \(file is not a database\)"):
        SentLedger(f"sqlite:///{tmp_path / 'ledger.db'}")


def test_what_was_noted_under_a_channels_name_is_carried_over_to_its_id(uri):
    ledger = open_ledger(uri)
    old, new = (message_key("alert", channel, "beta", "57.0b8") for channel in ("#releases-of-a-very-long-name", "C0LONGNAME"))
    with ledger.claim(old, "#releases-of-a-very-long-name", DAY) as claim:
        claim.note(ts="1.000001", state="sent")
    slack = SimpleNamespace(channel_id=lambda name: "C0LONGNAME")
    assert channel_id("releases-of-a-very-long-name", slack, ledger) == "C0LONGNAME"
    assert (ledger.find(old), ledger.find(new).ts, ledger.find(new).slack_channel) == (None, "1.000001", "C0LONGNAME")


def test_only_its_user_may_look_into_the_ledgers_folder(tmp_path):
    SentLedger(f"sqlite:///{tmp_path / 'home' / 'state' / 'ledger.db'}").close()
    assert [folder.stat().st_mode & 0o777 for folder in (tmp_path / "home", tmp_path / "home" / "state")] == [0o700, 0o700]
