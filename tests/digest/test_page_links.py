"""Links stand beside an alarm where the settings name pages, and nowhere else."""

import json

from jobs.declarations.states import State
from jobs.deployment.settings import AirflowRun, from_environment
from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.decisions.release_decisions import decide
from jobs.digest.messages.alert_messages import alert_message
from jobs.digest.messages.channel_messages import pictures_message, thread_messages
from jobs.digest.messages.outgoing_message import Picture
from jobs.digest.messages.page_links import page_links
from jobs.digest.messages.root_message import root_blocks
from tests.digest.facts_factory import NOON, a_cell, a_regressed_cell, a_release, an_older_release, some_facts

GROUP = "Windows_NT / 10.0 / x86-64 / western_europe"
RUN = AirflowRun("release_health_hourly", "scheduled__2026-11-22T12:00:00+00:00")


def test_nothing_is_linked_that_does_not_exist(monkeypatch):
    for name in ("RUNBOOK_URL", "AIRFLOW_URL", "DATA_DOCS_URL"):
        monkeypatch.delenv(name, raising=False)
    assert page_links(from_environment(), RUN) == {}


def test_the_run_that_speaks_is_linked_by_its_id(monkeypatch):
    monkeypatch.setenv("RUNBOOK_URL", "https://example.org/runbook")
    monkeypatch.setenv("AIRFLOW_URL", "http://localhost:8080/")
    links = page_links(from_environment(), RUN)
    run_id = "scheduled__2026-11-22T12%3A00%3A00%2B00%3A00"
    assert links == {
        "Runbook": "https://example.org/runbook",
        "Run in Airflow": f"http://localhost:8080/dags/release_health_hourly/runs/{run_id}",
    }
    assert "Run in Airflow" not in page_links(from_environment(), None)


def test_a_message_links_each_release_to_its_view_and_the_alarm_to_its_cell():
    bad = a_release(State.REGRESSED, cells=(a_regressed_cell(),))
    facts = some_facts(bad, an_older_release(), pages_url="https://health.example/page")
    see = "https://health.example/page/#/beta/57.0b8/Windows_NT/main_crashes_capped"
    links = links_of(root_blocks(decide_digest(facts)))
    assert links == {
        "See 57.0b8: browser crashes on Windows": see,
        "57.0b7": "https://health.example/page/#/beta/57.0b7",
    }
    alarm = alert_message(facts, decide(facts, bad), Route("release-health"), NOON)
    assert links_of(alarm.blocks) == {"See 57.0b8: browser crashes on Windows": see}


def test_the_tables_and_pictures_of_the_thread_link_to_the_views_of_what_they_show():
    bad = a_release(
        State.REGRESSED, cells=(a_regressed_cell(), a_cell(platform="Darwin"), a_cell(State.WATCH, scope="stratum", stratum=GROUP))
    )
    facts = some_facts(bad, an_older_release(), pages_url="https://health.example/page")
    picture = Picture("ratio.png", "Ratio", "the ratio", b"")
    digest, where = decide_digest(facts), ("release-health", NOON)
    messages = [*thread_messages(digest, *where), pictures_message(digest, *where, (picture,))]
    found = {message.key.split("/")[0]: links_of(message.blocks) for message in messages}
    see = "https://health.example/page/#/beta/57.0b8/Windows_NT/main_crashes_capped"
    of_release = {"See 57.0b8: browser crashes on Windows": see}
    assert found["releases"] == of_release | {"57.0b7": "https://health.example/page/#/beta/57.0b7"}
    assert found["platforms"] == {"See all of 57.0b8": "https://health.example/page/#/beta/57.0b8", "browser crashes on Windows": see}
    assert [url for name, url in found["strata"].items() if "browser crashes" in name] == [see]
    assert found["pictures"] == of_release


def test_a_healthy_channel_links_its_release_too_and_nothing_is_linked_without_a_page():
    assert list(links_of(root_blocks(decide_digest(some_facts(a_release(), pages_url="http://127.0.0.1:8092"))))) == [
        "See 57.0b8: browser crashes"
    ]
    assert links_of(root_blocks(decide_digest(some_facts(a_release())))) == {}


def test_a_page_in_a_plain_bucket_is_linked_by_its_file():
    facts = some_facts(a_release(), pages_url="https://bucket.example/health/index.html")
    [url] = links_of(root_blocks(decide_digest(facts))).values()
    assert url == "https://bucket.example/health/index.html#/beta/57.0b8/all/main_crashes_capped"


def test_a_hostile_version_leads_nowhere_else():
    hostile = "57.0/../../x?y#z <https://evil.example>"
    links = links_of(root_blocks(decide_digest(some_facts(a_release(release_version=hostile), pages_url="https://health.example"))))
    [(text, url)] = links.items()
    assert url.startswith("https://health.example/#/beta/57.0_.._.._x_y_z__https_") and "evil.example>" not in text
    assert not set(url.partition("#")[2]) & set("?#<> ")


def links_of(blocks):
    found = {}

    def visit(part):
        if isinstance(part, dict):
            if part.get("type") == "link":
                found[part["text"]] = part["url"]
            for value in part.values():
                visit(value)
        elif isinstance(part, list):
            for value in part:
                visit(value)

    visit(json.loads(json.dumps(list(blocks))))
    return found
