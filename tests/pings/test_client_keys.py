"""A key tells clients apart and tells nobody who they are."""

import pickle
from pathlib import Path

from jobs.pings.client_keys import ClientKeys
from tests.ping_factory import KEYS, land, main_ping
from tests.pings.reading import records

OTHER = ClientKeys(b"another secret, for the time after")


def test_a_client_has_one_key_by_each_secret() -> None:
    keys_of = KEYS.maker()
    assert keys_of("c-1") == keys_of("c-1")
    assert keys_of("c-1") != keys_of("c-2")
    assert keys_of("c-1") != OTHER.maker()("c-1")
    assert 0 <= keys_of("c-1")[0] < 2**63  # type: ignore[operator]


def test_while_one_secret_follows_another_a_client_has_both_keys() -> None:
    rotating = ClientKeys(OTHER.secret, KEYS.secret)
    assert rotating.maker()("c-1") == (OTHER.maker()("c-1")[0], KEYS.maker()("c-1")[0])
    assert rotating.key_ids == (*OTHER.key_ids, *KEYS.key_ids)
    assert rotating.maker()(None) == (None, None)


def test_the_secret_is_not_shown_and_its_fingerprint_does_not_hold_it() -> None:
    assert "secret" not in repr(KEYS)
    (key_id,) = KEYS.key_ids
    assert len(key_id) == 8
    assert pickle.loads(pickle.dumps(KEYS)).key_ids == KEYS.key_ids  # noqa: S301  (executors are sent it)


def test_no_record_holds_a_clients_id(tmp_path: Path) -> None:
    land(tmp_path, [main_ping({"installation": "6fd3eb50-8bec-4b9c-8778-59406171312a"}), main_ping({"installation": 12})], "main")
    read = [record for record in records(tmp_path) if record["kind"] == "ping"]
    assert [record["client_key"] for record in read] == [KEYS.maker()("6fd3eb50-8bec-4b9c-8778-59406171312a")[0], None]
    assert "6fd3eb50" not in repr(read)
