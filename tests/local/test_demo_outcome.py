"""What the demo says of itself: right only if exactly the bad release is flagged."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.demo.outcome import Verdict, hours_until_flagged, message_text, what_is_wrong, what_is_wrong_about_the_experiment

AS_OF = datetime(2026, 11, 23, 4, tzinfo=UTC)
RELEASED_AT = datetime(2026, 11, 20, 14, tzinfo=UTC)
DIGEST = "Firefox beta\n57.0b8 - regressed - 0/100\n57.0b7 - healthy"


def _verdict(release: str, state: str, hours_ago: int = 0) -> Verdict:
    as_of = AS_OF - timedelta(hours=hours_ago)
    return Verdict(as_of, release, state, age_hours=(as_of - RELEASED_AT) / timedelta(hours=1), score=None)


FLAGGED = [
    _verdict("57.0b8", "watch", 41),
    _verdict("57.0b8", "regressed", 40),
    _verdict("57.0b7", "healthy"),
    _verdict("57.0b8", "regressed"),
]


def test_nothing_is_wrong_if_the_bad_release_and_no_other_is_flagged() -> None:
    assert what_is_wrong(FLAGGED, DIGEST, "57.0b8", AS_OF) == []
    assert hours_until_flagged(FLAGGED, "57.0b8", RELEASED_AT) == 62 - 40


@pytest.mark.parametrize(
    ("verdicts", "digest", "problem"),
    [
        ([_verdict("57.0b8", "watch")], DIGEST, "57.0b8 is bad, but its verdict is watch"),
        (FLAGGED[:-1], DIGEST, "release_health has no verdict on 57.0b8 as of 2026-11-23 04:00 UTC"),
        ([*FLAGGED, _verdict("57.0b7", "regressed", 9)], DIGEST, "57.0b7 is healthy, but was called regressed at an age of 53 h"),
        (FLAGGED, "57.0b8 - watch\n57.0b7 - regressed", "the digest does not say that 57.0b8 is regressed"),
        (FLAGGED, "", "the digest does not say that 57.0b8 is regressed"),
    ],
)
def test_what_is_wrong_is_told(verdicts: list[Verdict], digest: str, problem: str) -> None:
    assert what_is_wrong(verdicts, digest, "57.0b8", AS_OF) == [problem]


def test_where_an_experiment_is_bad_the_digest_must_say_so_and_no_release_be_flagged() -> None:
    healthy = [_verdict("57.0b8", "healthy")]
    digest = (
        "57.0b8 healthy. It is not the release: branch treatment of pref-flip-quantum-compositor-1404915 has 3.9 times the browser crashes"
    )
    assert what_is_wrong_about_the_experiment(healthy, digest) == []
    assert what_is_wrong_about_the_experiment(FLAGGED, digest) == ["57.0b8 is healthy, but was called regressed at an age of 22 h"]
    assert len(what_is_wrong_about_the_experiment(healthy, DIGEST)) == 1


def _section(*texts: str) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": text} for text in texts]}


def test_a_message_is_read_block_by_block() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Firefox beta"}},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "57.0b8"}, {"type": "raw_text", "text": "regressed"}]]},
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
        },
        {"type": "rich_text", "elements": [_section("next"), {"type": "rich_text_list", "elements": [_section("one"), _section("two")]}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "complete"}]},
        {"type": "divider"},
    ]
    assert message_text({"text": "fallback", "blocks": blocks}) == "Firefox beta\n57.0b8 | regressed\nab\nnext\n  - one\n  - two\ncomplete"
    assert message_text({"text": "fallback"}) == "fallback"
