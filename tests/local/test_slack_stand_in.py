"""The stand-in answers slack-sdk as Slack would: ids, timestamps, paging, limits, errors, threads, files."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local.slack_stand_in.message_store import Channel
from tests.running_stand_in import CHANNEL, RunningStandIn, running_stand_in


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[RunningStandIn]:
    with running_stand_in(tmp_path / "slack") as running:
        yield running


def section(text: str) -> dict:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def table(rows: int, columns: int = 2, text: str = "x") -> dict:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def error_of(call, **arguments) -> dict:
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return dict(caught.value.response.data)


def test_a_message_is_posted_by_name_and_found_with_its_metadata(slack):
    client = slack.client()
    posted = client.chat_postMessage(
        channel="#release-health", text="hello", metadata={"event_type": "digest", "event_payload": {"key": "k"}}
    )
    assert posted["channel"] == CHANNEL.id
    found = client.conversations_history(channel=CHANNEL.id, include_all_metadata=True)["messages"]
    assert [(m["ts"], m["text"], m["metadata"]["event_payload"]) for m in found] == [(posted["ts"], "hello", {"key": "k"})]
    without = client.conversations_history(channel=CHANNEL.id)["messages"][0]
    assert without["metadata"] == {"event_type": "digest", "event_payload": {}}


def test_history_leaves_out_replies_unless_they_were_broadcast(slack):
    client = slack.client()
    root = client.chat_postMessage(channel=CHANNEL.id, text="root")["ts"]
    client.chat_postMessage(channel=CHANNEL.id, text="quiet reply", thread_ts=root)
    client.chat_postMessage(channel=CHANNEL.id, text="loud reply", thread_ts=root, reply_broadcast=True)
    assert [m["text"] for m in client.conversations_history(channel=CHANNEL.id)["messages"]] == ["loud reply", "root"]
    thread = client.conversations_replies(channel=CHANNEL.id, ts=root)["messages"]
    assert [m["text"] for m in thread] == ["root", "quiet reply", "loud reply"]
    assert thread[0]["reply_count"] == 2


def test_paging_gives_every_message_once(slack):
    client = slack.client()
    for number in range(7):
        client.chat_postMessage(channel=CHANNEL.id, text=str(number))
    pages = [page["messages"] for page in client.conversations_history(channel=CHANNEL.id, limit=3)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [m["text"] for page in pages for m in page] == ["6", "5", "4", "3", "2", "1", "0"]


def test_timestamps_rise(slack):
    stamps = [slack.client().chat_postMessage(channel=CHANNEL.id, text="x")["ts"] for _ in range(20)]
    assert stamps == sorted(set(stamps))


def test_an_update_needs_the_id_and_keeps_metadata_that_it_does_not_mention(slack):
    client = slack.client()
    ts = client.chat_postMessage(channel=CHANNEL.id, text="old", metadata={"event_type": "digest", "event_payload": {"key": "k"}})["ts"]
    assert error_of(client.chat_update, channel="release-health", ts=ts, text="new")["error"] == "channel_not_found"
    client.chat_update(channel=CHANNEL.id, ts=ts, text="new")
    message = client.conversations_history(channel=CHANNEL.id, include_all_metadata=True)["messages"][0]
    assert (message["text"], message["metadata"]["event_payload"]["key"]) == ("new", "k")
    assert error_of(client.chat_update, channel=CHANNEL.id, ts="1.000000", text="new")["error"] == "message_not_found"


def test_only_a_change_of_text_shows_as_edited(slack):
    client = slack.client()
    ts = client.chat_postMessage(channel=CHANNEL.id, text="a", blocks=[section("a")])["ts"]
    client.chat_update(channel=CHANNEL.id, ts=ts, text="b", blocks=[section("b")])
    assert slack.messages[0].edited_ts is None
    client.chat_update(channel=CHANNEL.id, ts=ts, text="c")
    assert slack.messages[0].edited_ts is not None
    assert slack.messages[0].blocks == []


@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        ([section("x" * 3_001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        (
            [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
            "must be one of: plain_text [json-pointer:/blocks/0/text/type]",
        ),
        ([table(101)], "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
        ([table(1, 21)], "must be an array of 1 to 20 cells [json-pointer:/blocks/0/rows/0]"),
        ([table(1, 1, "")], "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]"),
        ([table(1), table(1)], "only_one_table_allowed [json-pointer:/blocks]"),
        ([table(2, 1, "x" * 5_001)], "table must be at most 10000 characters [json-pointer:/blocks/0]"),
        ([{"type": "section", "colour": "red", "text": {"type": "mrkdwn", "text": "x"}}], "invalid additional property: colour [json-pointer:/blocks/0]"),
        ([{"type": "marquee"}], "unsupported type: marquee [json-pointer:/blocks/0/type]"),
        (
            [{"type": "image", "alt_text": "a", "slack_file": {"id": "http://x"}}],
            "input must match regex pattern: ^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]",
        ),
        ([{"type": "image", "alt_text": "a", "slack_file": {"id": "F0123456789"}}], "invalid slack file [json-pointer:/blocks/0/slack_file]"),
        (
            [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]}],
            "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
        ),
    ],
)  # fmt: skip
def test_blocks_beyond_a_limit_are_refused_in_slacks_words(slack, blocks, complaint):
    answer = error_of(slack.client().chat_postMessage, channel=CHANNEL.id, text="x", blocks=blocks)
    assert (answer["error"], answer["errors"]) == ("invalid_blocks", [complaint])
    assert slack.messages == []


def test_a_whole_message_has_a_limit_too(slack):
    blocks = [section("x" * 3_000) for _ in range(4)]
    assert error_of(slack.client().chat_postMessage, channel=CHANNEL.id, text="x", blocks=blocks)["error"] == "msg_blocks_too_long"


def test_rich_text_is_not_replaced_by_other_blocks(slack):
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}]}
    ts = slack.client().chat_postMessage(channel=CHANNEL.id, text="a", blocks=[rich])["ts"]
    assert error_of(slack.client().chat_update, channel=CHANNEL.id, ts=ts, text="a", blocks=[section("a")])["error"] == "block_mismatch"


def test_metadata_has_a_form_and_a_size(slack):
    post = slack.client().chat_postMessage
    assert error_of(post, channel=CHANNEL.id, text="x", metadata={"event_type": "e"})["error"] == "invalid_metadata_format"
    large = {"event_type": "e", "event_payload": {"k": "x" * 9_000}}
    assert error_of(post, channel=CHANNEL.id, text="x", metadata=large)["error"] == "metadata_too_large"


def test_tokens_scopes_and_channels_have_errors_of_their_own(slack):
    slack.stand_in.scopes_by_token["xoxb-read-only"] = frozenset({"channels:history"})
    slack.stand_in.store.put_channel(Channel("C0OLD00000", "old", is_archived=True))
    slack.stand_in.store.put_channel(Channel("C0OTHER000", "other", is_member=False))
    missing = error_of(slack.client("xoxb-read-only").chat_postMessage, channel=CHANNEL.id, text="x")
    assert (missing["error"], missing["needed"]) == ("missing_scope", "chat:write")
    assert error_of(slack.client("nonsense").auth_test)["error"] == "invalid_auth"
    post = slack.client().chat_postMessage
    assert error_of(post, channel="nowhere", text="x")["error"] == "channel_not_found"
    assert error_of(post, channel="old", text="x")["error"] == "is_archived"
    assert error_of(post, channel="other", text="x")["error"] == "not_in_channel"
    assert error_of(post, channel=CHANNEL.id)["error"] == "no_text"
    assert error_of(post, channel=CHANNEL.id, text="x", thread_ts="1.000000")["error"] == "thread_not_found"


def test_a_deleted_root_leaves_a_tombstone_and_a_deleted_reply_nothing(slack):
    client = slack.client()
    root = client.chat_postMessage(channel=CHANNEL.id, text="root")["ts"]
    reply = client.chat_postMessage(channel=CHANNEL.id, text="reply", thread_ts=root)["ts"]
    client.chat_delete(channel=CHANNEL.id, ts=root)
    assert client.conversations_history(channel=CHANNEL.id)["messages"][0]["subtype"] == "tombstone"
    assert error_of(client.chat_update, channel=CHANNEL.id, ts=root, text="x")["error"] == "message_not_found"
    client.chat_delete(channel=CHANNEL.id, ts=reply)
    assert [m.ts for m in slack.messages] == [root]


def test_too_many_calls_are_told_when_to_come_back(tmp_path):
    with running_stand_in(tmp_path / "slack", rate_limits=True) as slack:
        post = slack.client().chat_postMessage
        with pytest.raises(SlackApiError) as caught:
            for _ in range(40):
                post(channel=CHANNEL.id, text="x")
        assert caught.value.response.status_code == 429
        assert int(caught.value.response.headers["Retry-After"]) >= 1


def test_a_picture_is_uploaded_unshared_shown_by_a_message_and_deleted(tmp_path):
    with running_stand_in(tmp_path / "slack", file_processing_seconds=60) as slack:
        client = slack.client()
        ticket = client.files_getUploadURLExternal(filename="chart.png", length=3, alt_txt="a chart")
        urllib.request.urlopen(urllib.request.Request(ticket["upload_url"], data=b"png", method="POST")).read()  # noqa: S310
        client.files_completeUploadExternal(files=[{"id": ticket["file_id"], "title": "Chart"}])
        picture = {"type": "image", "alt_text": "a chart", "slack_file": {"id": ticket["file_id"]}}
        too_early = error_of(client.chat_postMessage, channel=CHANNEL.id, text="x", blocks=[picture])
        assert too_early["errors"] == ["invalid slack file [json-pointer:/blocks/0/slack_file]"]
        slack.stand_in.conditions.file_processing_seconds = 0
        client.chat_postMessage(channel=CHANNEL.id, text="x", blocks=[picture])
        client.files_delete(file=ticket["file_id"])
        assert error_of(client.files_delete, file=ticket["file_id"])["error"] == "file_deleted"


def test_everything_survives_a_restart(tmp_path):
    with running_stand_in(tmp_path / "slack") as slack:
        ts = slack.client().chat_postMessage(channel=CHANNEL.id, text="before")["ts"]
    with running_stand_in(tmp_path / "slack") as slack:
        slack.client().chat_update(channel=CHANNEL.id, ts=ts, text="after")
        assert [m.text for m in slack.messages] == ["after"]


@pytest.mark.parametrize(("moment", "accepted"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["drop", "status", "error"])
def test_a_fault_hits_before_or_after_the_call_was_accepted(slack, kind, moment, accepted):
    slack.fails("chat.postMessage", kind, moment)
    with pytest.raises(Exception):  # noqa: B017 - each fault reaches the client as an error of its own
        slack.client().chat_postMessage(channel=CHANNEL.id, text="x")
    assert len(slack.messages) == accepted
    slack.client().chat_postMessage(channel=CHANNEL.id, text="x")
    assert len(slack.messages) == accepted + 1


def page_of(slack: RunningStandIn, path: str) -> str:
    with urllib.request.urlopen(f"{slack.address}{path}") as answer:  # noqa: S310
        return answer.read().decode()


def test_the_page_shows_text_as_text_and_only_slacks_own_markup_as_markup(slack):
    slack.client().chat_postMessage(channel=CHANNEL.id, text="<script>alert(1)</script> *bold* <!channel> &lt;!here&gt;")
    page = page_of(slack, "/channel/release-health")
    assert "<script>alert" not in page
    assert "<b>bold</b>" in page
    assert '<span class="mention">@channel</span>' in page
    assert "&lt;!here&gt;" in page


def test_the_page_opens_a_thread_beside_the_channel(slack):
    root = slack.client().chat_postMessage(channel=CHANNEL.id, text="root")["ts"]
    slack.client().chat_postMessage(channel=CHANNEL.id, text="only in the thread", thread_ts=root)
    assert "only in the thread" not in page_of(slack, "/")
    assert "1 reply" in page_of(slack, "/")
    assert "only in the thread" in page_of(slack, f"/channel/release-health?thread={root}")


def test_channels_can_be_added_while_it_runs(slack):
    slack.stand_in.store.put_channel(replace(CHANNEL, id="C0NIGHTLY0", name="nightly-health"))
    names = [c["name"] for c in slack.client().conversations_list()["channels"]]
    assert names == ["nightly-health", "release-health"]


def test_an_upload_that_fails_is_not_called_ok(slack):
    ticket = slack.client().files_getUploadURLExternal(filename="ratio.png", length=3)
    slack.fails("upload", "error", error="internal_error")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(urllib.request.Request(ticket["upload_url"], data=b"png", method="POST"))  # noqa: S310


def control(slack: RunningStandIn, path: str, document: dict, **headers: str) -> int:
    request = urllib.request.Request(  # noqa: S310
        f"{slack.address}/control/{path}", data=json.dumps(document).encode(), method="POST", headers=headers
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "text/plain"}, 403),  # what a form of any page can send
        ({"Content-Type": "application/json", "Origin": "https://example.org"}, 403),
    ],
)
@pytest.mark.parametrize(
    ("path", "document"),
    [("faults", {"method": "*", "kind": "drop"}), ("conditions", {"history_lag_seconds": 9}), ("channels", {"id": "C0X", "name": "x"})],
)
def test_pages_of_other_origins_cannot_control_it(slack, path, document, headers, status):
    assert control(slack, path, document, **headers) == status
    happened = (
        slack.stand_in.faults.take("auth.test") is not None,
        slack.stand_in.conditions.history_lag_seconds == 9,
        slack.stand_in.store.channel_of("x") is not None,
    )
    assert any(happened) is (status == 200)


def test_history_lags_and_the_edit_window_closes_on_demand(slack):
    client = slack.client()
    ts = client.chat_postMessage(channel=CHANNEL.id, text="x")["ts"]
    control(slack, "conditions", {"history_lag_seconds": 60, "edit_window_seconds": 0}, **{"Content-Type": "application/json"})
    assert client.conversations_history(channel=CHANNEL.id)["messages"] == []
    assert error_of(client.chat_update, channel=CHANNEL.id, ts=ts, text="y")["error"] == "edit_window_closed"


def test_a_call_that_waits_in_a_queue_is_accepted_later_with_an_earlier_time(slack):
    now = [1_000.0]
    slack.stand_in.conditions.clock = lambda: now[0]
    slack.fails("chat.postMessage", "late", seconds=60)
    with pytest.raises(Exception):  # noqa: B017 - the client's words for a connection that broke
        slack.client().chat_postMessage(channel=CHANNEL.id, text="first")
    now[0] += 30
    slack.client().chat_postMessage(channel=CHANNEL.id, text="second")
    assert [message.text for message in slack.messages] == ["second"]
    now[0] += 31
    slack.client().auth_test()
    assert [(message.text, message.ts) for message in slack.messages] == [("first", "1000.000000"), ("second", "1030.000000")]


def test_it_prints_no_token(tmp_path):
    environment = {**os.environ, "SLACK_BOT_TOKEN": "xoxb-of-the-company"}
    command = [sys.executable, "-m", "local.slack_stand_in", "--store", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        printed = process.stdout.readline()
        address = re.search(r"SLACK_API_URL=(\S+)\)", printed)[1]
        assert WebClient(token="xoxb-of-the-company", base_url=address).auth_test()["ok"]
        process.terminate()
    assert "xoxb" not in printed
