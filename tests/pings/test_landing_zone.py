"""What is listed for an hour: its objects and nothing else, late ones marked."""

import errno
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from jobs.declarations.windows import HOUR as ONE_HOUR
from jobs.declarations.windows import Mode, Window
from jobs.pings.landing_zone import LandedHour, LandingZoneError, list_hours
from tests.ping_factory import HOUR, close_hour, land, main_ping
from tests.pings.reading import count_of, records

CLOSED_AT = datetime(2017, 11, 20, 11, 2, tzinfo=UTC)


def hours_of(landing: Path | str, hours: int = 1) -> list[LandedHour]:
    return list_hours(str(landing), Window(HOUR, HOUR + hours * ONE_HOUR, Mode.PROVISIONAL))


def set_modified(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_the_objects_of_each_hour_of_the_window(tmp_path: Path) -> None:
    land(tmp_path, [main_ping()], "main", HOUR, "b.ndjson")
    land(tmp_path, [main_ping()], "main", HOUR, "a.ndjson.gz")
    land(tmp_path, [main_ping()], "crash", HOUR, "a.ndjson.zst")
    land(tmp_path, [main_ping()], "main", HOUR + ONE_HOUR, "a.ndjson")
    land(tmp_path, [main_ping()], "main", HOUR - ONE_HOUR, "before.ndjson")
    land(tmp_path, [main_ping()], "main", HOUR + 3 * ONE_HOUR, "after.ndjson")

    hours = hours_of(tmp_path, hours=3)

    assert [hour.hour_start for hour in hours] == [HOUR, HOUR + ONE_HOUR, HOUR + 2 * ONE_HOUR]
    assert [[landed.object_key for landed in hour.objects] for hour in hours] == [
        [
            "submission_date=2017-11-20/submission_hour=10/crash/a.ndjson.zst",
            "submission_date=2017-11-20/submission_hour=10/main/a.ndjson.gz",
            "submission_date=2017-11-20/submission_hour=10/main/b.ndjson",
        ],
        ["submission_date=2017-11-20/submission_hour=11/main/a.ndjson"],
        [],
    ]
    assert [landed.doc_type for landed in hours[0].objects] == ["crash", "main", "main"]


def test_an_object_knows_where_it_lies_and_what_it_was(tmp_path: Path) -> None:
    path = land(tmp_path, [main_ping()])
    set_modified(path, CLOSED_AT)

    ((landed,),) = (hour.objects for hour in hours_of(tmp_path))

    assert Path(landed.location) == path
    assert landed.bytes == path.stat().st_size
    assert landed.etag == f"{path.stat().st_size}-{path.stat().st_mtime_ns}"
    assert landed.modified_at == CLOSED_AT


def test_an_object_is_late_if_it_was_modified_after_its_hour_was_closed(tmp_path: Path) -> None:
    for name, seconds_after in (("early", -60), ("at-once", 0), ("late", 1)):
        set_modified(land(tmp_path, [main_ping()], name=f"{name}.ndjson"), CLOSED_AT + timedelta(seconds=seconds_after))
    close_hour(tmp_path)
    set_modified(tmp_path / "submission_date=2017-11-20" / "submission_hour=10" / "_SUCCESS", CLOSED_AT)

    (hour,) = hours_of(tmp_path)

    assert hour.is_closed
    assert hour.closed_at == CLOSED_AT
    assert {Path(landed.object_key).stem: landed.is_late for landed in hour.objects} == {"early": False, "at-once": False, "late": True}


def test_nothing_is_late_in_an_hour_that_was_never_closed(tmp_path: Path) -> None:
    land(tmp_path, [main_ping()])

    (hour,) = hours_of(tmp_path)

    assert (hour.is_closed, hour.closed_at, [landed.is_late for landed in hour.objects]) == (False, None, [False])


def test_folders_are_named_in_utc_whatever_the_zone_of_the_window(tmp_path: Path) -> None:
    land(tmp_path, [main_ping()])
    in_berlin = HOUR.astimezone(timezone(timedelta(hours=1)))

    (hour,) = list_hours(str(tmp_path), Window(in_berlin, in_berlin + ONE_HOUR, Mode.PROVISIONAL))

    assert len(hour.objects) == 1


def test_an_hour_without_a_folder_is_open_and_empty(tmp_path: Path) -> None:
    close_hour(tmp_path, HOUR - ONE_HOUR)
    assert hours_of(tmp_path) == [LandedHour(HOUR, is_closed=False, closed_at=None, objects=(), ignored_objects=0)]


@pytest.mark.parametrize(
    "name", ["notes.txt", "part.json", "part.ndjson.bz2", "part.NDJSON", "_part.ndjson", ".part.ndjson", "part.ndjson.gz.tmp", "ndjson"]
)
def test_anything_else_in_a_folder_is_ignored_and_counted(tmp_path: Path, name: str) -> None:
    land(tmp_path, b"", name=name)
    close_hour(tmp_path)

    (hour,) = hours_of(tmp_path)

    assert (hour.objects, hour.ignored_objects) == ((), 1)


def test_an_object_outside_a_folder_of_a_ping_type_is_ignored_and_counted(tmp_path: Path) -> None:
    (land(tmp_path, [main_ping()])).rename(tmp_path / "submission_date=2017-11-20" / "submission_hour=10" / "part.ndjson")

    (hour,) = hours_of(tmp_path)

    assert (hour.objects, hour.ignored_objects) == ((), 1)


def test_a_name_that_is_not_utf_8_is_shown_with_escapes(tmp_path: Path) -> None:
    folder = land(tmp_path, b"").parent
    (folder / "part-0.ndjson").rename(folder / os.fsdecode(b"part-\xff.ndjson"))

    ((landed,),) = (hour.objects for hour in hours_of(tmp_path))

    assert landed.object_key.endswith("main/part-\\udcff.ndjson")
    assert Path(landed.location).exists()


@pytest.mark.parametrize(
    ("ignored", "named"),
    [
        (["main/a.json.gz", "main/b.json.gz", "main/c.json.gz", "main/d.json.gz"], ["main/a.json.gz", "main/b.json.gz", "main/c.json.gz"]),
        (["main/a.json", "crash/a.json", "a.ndjson"], ["a.ndjson", "crash/a.json", "main/a.json"]),
        (["main/_never_finished.ndjson"], ["main/_never_finished.ndjson"]),
        (["main/_SUCCESS", "main/.part-0.ndjson.crc", "_temporary/0/part-0"], []),
    ],
    ids=["three of a folder", "of every folder", "an object that its writer never finished", "what writers leave beside their objects"],
)
def test_some_of_the_ignored_files_are_named(tmp_path: Path, ignored: list[str], named: list[str]) -> None:
    folder = tmp_path / "submission_date=2017-11-20" / "submission_hour=10"
    for key in ignored:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(b"{}")

    (hour,) = hours_of(tmp_path)

    assert hour.ignored_objects == len(ignored)
    assert [key.removeprefix("submission_date=2017-11-20/submission_hour=10/") for key in hour.ignored_keys] == named


HOSTILE_NAMES = ["a#b", "a?b=c", "a\tb", "a\nb", "a'b\"c", "a b", "ä\u202eb", "a%20b+c", "a\\b", "a;b&c"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_an_object_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    land(tmp_path, [main_ping()], name=f"{name}.ndjson.gz")

    found = records(tmp_path)

    assert count_of(found, "ping") == 1
    assert all(record["object_key"].isprintable() for record in found)


def test_two_names_never_become_one(tmp_path: Path) -> None:
    for name in ("a\nb", "a\\nb", "a\\\nb"):
        land(tmp_path, [main_ping()], name=f"{name}.ndjson")

    assert len({record["object_key"] for record in records(tmp_path)}) == 3


def test_a_folder_that_is_a_link_is_followed(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    folder = land(landing, [main_ping()]).parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert len(hours_of(landing)[0].objects) == 1

    (tmp_path / "elsewhere").rename(tmp_path / "away")
    with pytest.raises(LandingZoneError, match="main is a link that leads nowhere"):
        hours_of(landing)


@pytest.mark.parametrize("unreadable", ["", "submission_date=2017-11-20", "submission_date=2017-11-20/submission_hour=10/main"])
def test_a_folder_that_may_not_be_read_is_an_error_and_never_empty(
    tmp_path: Path, unreadable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(tmp_path, [main_ping()])
    close_hour(tmp_path)
    scan = os.scandir

    def refuse(path: str) -> object:  # the tests may run as root, who may read everything
        if Path(path).is_relative_to(tmp_path / unreadable):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(
        LandingZoneError, match=r"cannot list \S+: Permission denied; is the landing zone mounted, and may this user read it"
    ):
        hours_of(tmp_path)


def test_a_landing_zone_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LandingZoneError, match="is not a folder; is it mounted"):
        hours_of(tmp_path / "nowhere")


def test_a_landing_zone_without_any_day_is_an_error(tmp_path: Path) -> None:
    """The mount point of a disk that is not mounted."""
    with pytest.raises(LandingZoneError, match=r"nothing lies in the landing zone .*; is it mounted"):
        hours_of(tmp_path)
