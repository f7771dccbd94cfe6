"""What is published: the tables' figures and nothing else, in states that never change under a reader."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.expressions import LessThan

from jobs.declarations.states import State
from jobs.declarations.tables import ERROR_AGGREGATES, EXPERIMENT_HEALTH, INGEST_AUDIT, RELEASE_HEALTH
from jobs.declarations.windows import HOUR
from jobs.page.contents.told_decisions import MOST_BRANCHES
from jobs.page.files.page_store import KEPT_FOR, PageStore
from jobs.page.series.look_series import PEOPLE_COLUMNS
from jobs.tables.lake.lake_catalog import identifier
from jobs.tables.lake.schemas import arrow_schema
from jobs.verdicts.health_cells import Cell
from tests.digest.facts_factory import NOON, a_cell, a_verdict
from tests.digest.stored_rows import an_audit_row, health_row, store
from tests.page.page_lake import (
    CLOCK_ROWS,
    LOOKS,
    NEW,
    OLD,
    PEOPLE,
    aggregates_row,
    experiment_row,
    fill,
    looks_at,
    new_release,
    old_release,
)
from tests.page.published_pages import Page, publish

pytestmark = pytest.mark.long

FIGURES = ("observed_crashes", "usage_hours", "delayed_crashes", "expected_crashes", "ratio", "ratio_low", "ratio_high", "acceptable_ratio")


def stored_rows(catalog, **wanted):
    rows = catalog.load_table(identifier(RELEASE_HEALTH)).scan().to_arrow().to_pylist()
    return sorted((row for row in rows if all(row[name] == value for name, value in wanted.items())), key=lambda row: row["as_of"])


def append(catalog, table, rows):
    catalog.load_table(identifier(table)).append(pa.Table.from_pylist(rows, schema=arrow_schema(table)))


def files(pages: Path) -> dict[str, int]:
    return {str(path.relative_to(pages)): path.stat().st_mtime_ns for path in (pages / "data").rglob("*.*") if path.is_file()}


def test_every_figure_is_that_of_its_row(catalog, pages):
    publish()
    page = Page(pages)
    for version, at in ((NEW, NOON), (OLD, NOON - timedelta(days=2))):
        told = {(cell["scope"], cell["platform"], cell["measure"]): cell for cell in page.cells(version)}
        rows = [row for row in stored_rows(catalog, release_version=version, as_of=at) if row["scope"] != "release"]
        assert len(told) == len(rows) > 1
        for row in rows:
            cell = told[row["scope"], row["platform"], row["measure"]]
            assert {name: cell[name] for name in FIGURES} == pytest.approx({name: row[name] for name in FIGURES}, rel=1e-5)
            assert cell["state"] == row["state"]


def test_every_look_at_a_cell_is_there_with_its_counts(catalog, pages):
    publish()
    looks = Page(pages).looks(NEW, "Windows_NT", "main_crashes_capped")["looks"]
    rows = stored_rows(catalog, release_version=NEW, platform="Windows_NT")
    assert looks["as_of"] == [f"{row['as_of']:%Y-%m-%dT%H:%M:%SZ}" for row in rows] and len(rows) == LOOKS
    for name in FIGURES:
        assert looks[name] == pytest.approx([row[name] for row in rows], rel=1e-5)
    assert looks["crashes_per_1k_hours"] == pytest.approx([1000 * row["observed_crashes"] / row["usage_hours"] for row in rows], rel=1e-5)


def test_people_are_told_where_they_are_known_and_nowhere_else(catalog, pages):
    publish()
    page = Page(pages)
    looks = page.looks(NEW, "Windows_NT", "main_crashes_capped")["looks"]
    assert all(looks[name] == pytest.approx([PEOPLE[name]] * LOOKS, abs=0.00005) for name in PEOPLE_COLUMNS)
    for version, platform in ((NEW, "Darwin"), (OLD, "all")):
        assert all(page.looks(version, platform, "main_crashes_capped")["looks"][name] == [] for name in PEOPLE_COLUMNS)
    release = page.release(NEW)
    assert release["verdict"]["words"]["crash_free_users"] == "97.48\u00a0%, usual 98.90\u00a0%"
    assert "Crash-free users: 97.48\u00a0% of 41,200 in the last 24 h; 98.90\u00a0% is usual at this age." in release["sentence"]
    assert page.release(OLD)["verdict"]["words"]["crash_free_users"] == "–"


def test_a_table_of_before_people_were_counted_is_shown_without_them(catalog, pages):
    table = catalog.load_table(identifier(RELEASE_HEALTH))
    with table.update_schema() as update:
        for name in PEOPLE:
            update.delete_column(name)
        update.delete_column("crash_free_users_low").delete_column("crash_free_users_high")
    publish()
    assert Page(pages).looks(NEW, "Windows_NT", "main_crashes_capped")["looks"]["crash_free_users"] == []


def test_it_says_what_the_digest_says(catalog, pages):
    publish()
    release = Page(pages).release(NEW)
    assert release["headline"] == "⛔ Kestrel beta 57.0b8 – regressed (confirmed) since 22 Nov 09:00 UTC (6 h after release)"
    assert release["sentence"].startswith(
        "57.0b8 crashes 1.52 times as often as it should: after 9 h it has had about 640 browser crashes on Windows"
    )
    assert (
        "So far about 210 crashes more than usual (150 to 280), and about 200 in the next 24 h with as many users as now."
        in release["sentence"]
    )
    assert (release["deciding"]["words"]["interval"], release["deciding"]["words"]["counts"]) == ("1.27–1.81x", "662 received in 148,200 h")


def test_which_files_there_are_is_told_with_the_release_and_the_clock(catalog, pages):
    """Who reads need not try."""
    publish()
    for _ in range(2):
        page = Page(pages)
        told = [(release["folder"], release["measures_by_platform"]) for release in page.channel()["releases"]]
        told.append((page.channel()["clock_folder"], page.channel()["clock_measures_by_platform"]))
        for folder, by_platform in told:
            named = {f"{platform}/{measure}.json" for platform, measures in by_platform.items() for measure in measures}
            assert named == {str(path.relative_to(pages / folder)) for path in (pages / folder).glob("*/*.json")} != set()
        publish()


def test_five_minutes_are_sums_of_complete_hours_and_a_gap_is_null(catalog, pages):
    publish()
    series = Page(pages).clock("Windows_NT", "main_crashes_capped")
    fine = series["grains"][0]
    new, old = (next(line for line in fine["versions"] if line["version"] == version) for version in (NEW, OLD))
    end = fine["steps"]
    assert (new["events"][end - 11], new["usage_hours"][end - 11]) == (2 + 5, 120 + 120)
    assert new["events_per_1k_hours"][end - 11] == pytest.approx(1000 * 7 / 240, rel=1e-5)
    assert (new["events"][end - 10], new["usage_hours"][end - 10]) == (None, 120), "no ping carried it: unknown, not 0"
    assert new["events"][end - 9] is None and new["usage_hours"][end - 9] is None
    assert old["events"][end - 35] == 4
    assert f"{NOON - 2 * HOUR:%Y-%m-%dT%H:%M:%SZ}" in series["incomplete_hours"]
    everywhere = Page(pages).clock("all", "main_crashes_capped")["grains"][1]["versions"][0]
    assert (everywhere["events"][-1], everywhere["usage_hours"][-1]) == (2 + 5 + 1, 3 * 120 + 20)


def test_a_row_of_an_hour_that_is_not_complete_is_not_shown(catalog, pages):
    store(catalog, ERROR_AGGREGATES, [*CLOCK_ROWS, aggregates_row(90, main_crashes_capped=999)])
    publish()
    assert 999 not in Page(pages).clock("Windows_NT", "main_crashes_capped")["grains"][0]["versions"][0]["events"]


def test_hours_are_told_as_they_are(catalog, pages):
    publish()
    hours = Page(pages).beside("quality.json")["hours"]
    assert [(hour["hour_start"][11:16], hour["condition"]) for hour in hours] == [
        ("08:00", "late"),
        ("09:00", "provisional"),
        ("10:00", "failed"),
        ("11:00", "provisional"),
    ]
    assert hours[2]["lines"] is None and hours[3]["rejects_by_reason"] == {"build_too_old": 9, "not_json": 3}


def test_publishing_again_writes_nothing_but_the_pointer(catalog, pages):
    publish()
    before = files(pages)
    publish()
    after = files(pages)
    rewritten = {name for name in after if after[name] != before.get(name)}
    assert {name for name in rewritten if not name.startswith("data/states/")} == {"data/latest.json"}
    assert after.keys() == before.keys()


def test_an_hourly_run_touches_live_releases_and_the_clock_only(catalog, pages):
    publish()
    before = files(pages)
    later = [replace(cell, as_of=cell.as_of + HOUR, age_hours=cell.age_hours + 1) for cell in new_release() if cell.as_of == NOON]
    append(catalog, RELEASE_HEALTH, [health_row(cell) for cell in later])
    append(catalog, INGEST_AUDIT, [an_audit_row(NOON)])
    publish(until=NOON + HOUR)
    fresh = files(pages).keys() - before.keys()
    kinds = {"/".join(name.split("/")[1:4]) if "releases" in name else name.split("/")[1] for name in fresh}
    assert kinds == {"states", "clock", "hours", f"releases/beta/{NEW}"}
    assert sum(name.startswith("data/hours/") for name in fresh) == 1, "one hour is summed, the others are kept"
    assert len(Page(pages).looks(NEW, "all", "main_crashes_capped")["looks"]["as_of"]) == LOOKS + 1


AGES_AGO = timedelta(days=20)


def long_over(score: float = 97.0, **more) -> list[Cell]:
    """A release whose week ended long ago."""
    given = {"release_version": "57.0b5", "as_of": NOON - AGES_AGO, "age_hours": 168.0, "since": NOON - AGES_AGO, "adoption": 0.6}
    return looks_at(a_verdict(score=score, **given), a_cell(**given, **more))


def data_files(catalog, before) -> list[Path]:
    """Files of release_health with rows of days before that time."""
    scan = catalog.load_table(identifier(RELEASE_HEALTH)).scan(LessThan("as_of", before.isoformat()))
    return [Path(task.file.file_path.removeprefix("file://")) for task in scan.plan_files()]


def test_an_hourly_run_reads_nothing_of_days_that_are_over(catalog, pages):
    """However many years of them there are."""
    append(catalog, RELEASE_HEALTH, [health_row(cell) for cell in long_over(ratio=1.02)])
    publish()
    before = Page(pages)
    gone = data_files(catalog, NOON - timedelta(days=9))
    assert gone
    for path in gone:
        path.unlink()
    append(catalog, INGEST_AUDIT, [an_audit_row(NOON)])
    publish(until=NOON + HOUR)
    after = Page(pages)
    assert after.pointer["state_id"] != before.pointer["state_id"]
    assert after.release("57.0b5") == before.release("57.0b5") and after.channel()["scores"] == before.channel()["scores"]
    assert after.release("57.0b5")["deciding"]["ratio"] == 1.02


def test_a_day_that_is_over_is_told_anew_when_its_rows_are_others(catalog, pages):
    append(catalog, RELEASE_HEALTH, [health_row(cell) for cell in long_over(ratio=1.02)])
    publish()
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release(), *old_release(), *long_over(12.0, ratio=1.31))])
    publish()
    told = Page(pages).release("57.0b5")
    assert (told["deciding"]["ratio"], told["verdict"]["score"]) == (1.31, 12.0)
    assert Page(pages).channel()["scores"][0]["score"] == 12.0


def test_sums_of_an_hour_are_kept_for_as_long_as_it_is_shown(catalog, pages):
    publish()
    kept = sorted((pages / "data" / "hours").iterdir())
    for path in kept:
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 40 * 3600))
    publish()
    assert sorted((pages / "data" / "hours").iterdir()) == kept != []
    for path in kept:
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 40 * 3600))
    publish()
    assert list((pages / "data" / "hours").iterdir()) == []


def restate(catalog, looks: set, **figures) -> None:
    """The rows of the new release again, those of some looks at browser crashes on Windows with other figures."""
    cells = [
        replace(cell, **figures) if (cell.as_of in looks and cell.platform == "Windows_NT" and cell.scope == "platform") else cell
        for cell in new_release()
    ]
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*cells, *old_release())])


def restated(pages: Path, platform: str = "Windows_NT") -> list[tuple[str, str]]:
    marks = Page(pages).looks(NEW, platform, "main_crashes_capped")["marks"]
    return [(mark["at"][11:16], mark["words"]) for mark in marks if mark["kind"] == "restated"]


def test_kept_files_that_are_cut_off_are_made_again(catalog, pages):
    publish()
    kept = {path: path.read_bytes() for path in (pages / "data").rglob("*.msgpack")}
    for path, content in kept.items():
        path.write_bytes(content[: len(content) // 2])
    publish(until=NOON + HOUR)
    assert {path: path.read_bytes() for path in kept if path.parent.name == "hours"} == {
        path: content for path, content in kept.items() if path.parent.name == "hours"
    }


def test_looks_that_were_shown_otherwise_are_marked_and_stay_marked(catalog, pages):
    publish()
    assert restated(pages) == []
    restate(catalog, {NOON - 3 * HOUR, NOON - 2 * HOUR}, state=State.HEALTHY, ratio=1.1, ratio_low=0.9, ratio_high=1.3)
    publish()
    told = [("09:00", "restated, 2 looks to 22 Nov 10:00 UTC: now healthy, 1.10x; was shown as regressed, 1.52x")]
    assert restated(pages) == told and restated(pages, "all") == []
    restate(catalog, {NOON - 3 * HOUR, NOON - 2 * HOUR}, state=State.HEALTHY, ratio=1.2, ratio_low=1.0, ratio_high=1.4)
    publish()
    assert restated(pages) == told, "1.20x was within the interval that was shown"
    restate(catalog, {NOON}, ratio=1.9, ratio_low=1.6, ratio_high=2.2)
    publish()
    assert ("12:00", "restated: now regressed, 1.90x; was shown as regressed, 1.52x") in restated(pages)
    assert told[0] in restated(pages)


def test_a_publisher_that_dies_leaves_the_state_before(catalog, pages, monkeypatch):
    publish()
    before = Page(pages).pointer
    fill(catalog, *(replace(cell, release_version="57.0b9") for cell in new_release()))

    def no_space(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(PageStore, "_write_all", no_space)
    with pytest.raises(AssertionError, match="no space left"):
        publish()
    page = Page(pages)
    assert page.pointer == before and page.cells(NEW)


def test_a_state_of_a_later_reading_stays(catalog, pages):
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release(), *old_release())])
    publish()
    later = Page(pages).pointer
    pointer = pages / "data" / "latest.json"
    pointer.write_text(pointer.read_text().replace(f'"health_sequence":{later["health_sequence"]}', '"health_sequence":99'))
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in new_release()])
    assert "a state of a later reading is there, which stays" in publish()
    assert Page(pages).pointer["state_id"] == later["state_id"]


def test_old_states_go_after_a_day_but_neither_this_one_nor_the_one_before(catalog, pages):
    states = []
    for version in ("57.0b8", "57.0b9", "57.0b10"):
        store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release(version), *old_release())])
        publish()
        states.append(Page(pages))
        for path in (pages / "data").rglob("*.*"):
            long_ago = path.stat().st_mtime - 2 * KEPT_FOR.total_seconds()
            os.utime(path, (long_ago, long_ago))
    assert not (pages / states[0].pointer["state"]).exists()
    for page in states[1:]:
        assert page.beside("channels/beta.json")
        for release in page.channel()["releases"]:
            assert page.read(f"{release['folder']}/release.json"), "what a kept state rests on is kept"
    assert not list((pages / "data" / "releases" / "beta").glob("57.0b8/*/release.json"))


def test_a_public_page_leaves_out_small_groups_and_who_said_what(catalog, pages):
    publish("--public")
    page = Page(pages)
    assert {cell["platform"] for cell in page.cells(NEW)} == {"all", "Windows_NT"}, "30 usage hours on macOS"
    series = page.clock("Darwin", "main_crashes_capped")["grains"][0]["versions"][0]
    assert set(series["events"]) == set(series["usage_hours"]) == {None}
    everything = "".join(path.read_text() for path in pages.rglob("*.json"))
    assert "Ada" not in everything and "drivers" not in everything and "a reviewer confirmed" in everything
    assert "pref-x" not in everything and page.channel()["experiments"] == []
    assert not (pages / "data" / "hours").exists()


def test_a_public_page_is_not_published_among_other_files(catalog, pages):
    publish()
    with pytest.raises(AssertionError, match="holds a page that is not for everybody; give this one a folder of its own"):
        publish("--public")


@pytest.mark.parametrize("which", ["pointer", "state"])
def test_where_nobody_knows_any_more_whom_a_page_is_for_a_person_decides(catalog, pages, which):
    publish("--public")
    pointer = pages / "data" / "latest.json"
    damaged = pointer if which == "pointer" else pages / Page(pages).pointer["state"]
    damaged.write_bytes(damaged.read_bytes()[:40])
    with pytest.raises(AssertionError, match=r"nobody knows whom the page there is for.*delete data/latest\.json and publish again"):
        publish()
    pointer.unlink()
    publish("--public")
    assert Page(pages).channel()["releases"]


def test_an_old_state_that_is_damaged_is_let_go_like_any_other(catalog, pages):
    publish()
    damaged = pages / Page(pages).pointer["state"]
    for version in ("57.0b8", "57.0b9"):
        store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release(version), *old_release())])
        publish()
    damaged.write_bytes(damaged.read_bytes()[:40])
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release("57.0b10"), *old_release())])
    publish()


def test_before_anything_is_scored_there_is_a_page_that_says_so(empty_catalog, pages):
    publish()
    state = Page(pages).state
    assert (state["channels"], state["complete_words"]) == ([], "no complete hour yet")


def test_a_channel_called_like_a_view_of_the_page_has_a_view_of_its_own(empty_catalog, pages):
    fill(empty_catalog, *(a_verdict(channel=name) for name in ("quality", "record")))
    publish()
    cards = Page(pages).state["channels"]
    assert {card["channel"] for card in cards}.isdisjoint({"quality", "record"})
    assert {card["channel_label"] for card in cards} >= {"quality", "record"}


HOSTILE = ("<script>alert(1)</script>", "../../../etc/passwd", "\u202e75.0b8", "57.0b8\n", ".", "a/b#c?d%2e")


def test_of_many_branches_the_surest_are_shown_and_hostile_ones_are_text(catalog, pages):
    rows = [experiment_row(f"pref-{number}", "a", "quiet", evidence=float(number)) for number in range(200)]
    store(catalog, EXPERIMENT_HEALTH, [*rows, experiment_row("<b>pref</b>\u202e", "\n`b`", "guilty", evidence=0.5)])
    publish()
    shown = Page(pages).channel()["experiments"]
    assert len(shown) == MOST_BRANCHES
    assert [branch["experiment"] for branch in shown[1:3]] == ["pref-199", "pref-198"]
    assert shown[0]["state"] == "guilty"
    assert {"\u202e", "\n", "`"}.isdisjoint(shown[0]["experiment"] + shown[0]["branch"])


def test_hostile_names_are_text_and_stay_apart(empty_catalog, pages):
    cells = [
        cell for name in HOSTILE for cell in (a_verdict(release_version=name), a_cell(State.WATCH, release_version=name, platform=name))
    ]
    fill(empty_catalog, *cells)
    publish()
    page = Page(pages)
    releases = page.channel()["releases"]
    assert len({release["version"] for release in releases}) == len(releases) == len(HOSTILE) + 2
    everything = "".join(path.read_text() for path in pages.rglob("*.json"))
    assert "<" not in everything and "\u202e" not in everything
    for release in releases:
        [*_] = page.read(f"{release['folder']}/release.json")["cells"]
        assert (pages / release["folder"]).resolve().is_relative_to(pages.resolve())
