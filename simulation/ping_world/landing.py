"""Lands the demo's world: its pings as ndjson objects in hourly folders, and the release calendar beside them.

    python -m simulation.ping_world.landing --landing .local/landing --end 2026-11-23T04:00Z

writes LANDING/submission_date=.../submission_hour=HH/<type>/*.ndjson[.gz|.zst] with `_SUCCESS`, and beside LANDING release_calendar.csv and
ping_world.json, which says how far the world has been landed. Run again with a later end, it lands the hours in between; the same seed gives
the same bytes. Two weeks after its newest beta a world is over: the command says so and fails.
"""

import csv
import gzip
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import numpy as np
import zstandard

from simulation.ping_world.events import NANOSECONDS_PER_HOUR, Kind, Pings, simulate_pings
from simulation.ping_world.faults import add_faults
from simulation.ping_world.lines import FAULTS, FOLDERS, LineWriter
from simulation.ping_world.names import NAMES
from simulation.ping_world.world import CULPRITS, Culprit, PingWorld, world_ending, world_of

HOUR = timedelta(hours=1)
WRITERS = 2
OBJECTS_CLOSE_BEFORE_END = timedelta(seconds=30)
SUCCESS_AFTER_END = timedelta(seconds=60)
LATE_OBJECT_AFTER_END = timedelta(hours=3)
LATE_OBJECT_HOUR = timedelta(days=20, hours=9)
"""Since the world's start: one object of this hour comes three hours after the hour was closed."""
TRUNCATED_OBJECT_HOUR = timedelta(days=12, hours=7)
STRAY_FILE_HOUR = timedelta(days=3, hours=5)


@dataclass(frozen=True)
class Landing:
    """A landing zone and how much of its world it holds."""

    folder: Path
    world: PingWorld
    landed_until: datetime

    @property
    def calendar(self) -> Path:
        return self.folder.parent / "release_calendar.csv"


class WorldIsOver(Exception):
    """The landed world ends before the hour asked for, or is not the one asked for."""


def open_landing(folder: Path, end: datetime, seed: int, culprit: Culprit = "release") -> Landing:
    """The world already landed in `folder`, else a new one whose history ends at `end`.

    Raises WorldIsOver if `end` lies after its horizon, or if another culprit was asked for.
    """
    state = folder.parent / "ping_world.json"
    if not state.exists():
        world = world_ending(end, seed, culprit)
        return Landing(folder, world, world.start)
    stored = json.loads(state.read_text())
    world = world_of(datetime.fromisoformat(stored["current_released_at"]), stored["seed"], stored.get("culprit", "release"))
    if culprit != world.culprit:
        raise WorldIsOver(
            f"in the simulated world in {folder} the culprit is the {world.culprit}, not the {culprit}; remove it to start a new one"
        )
    if end > world.horizon:
        raise WorldIsOver(f"the simulated world in {folder} ended on {world.horizon:%Y-%m-%d %H:%M} UTC; remove it to start a new one")
    return Landing(folder, world, datetime.fromisoformat(stored["landed_until"]))


def land_until(landing: Landing, end: datetime) -> Landing:
    """Writes the hours from `landing.landed_until` to `end`, the calendar, and how far the landing zone got."""
    world = landing.world
    hours = list(range(round((landing.landed_until - world.start) / HOUR), round((end - world.start) / HOUR)))
    writers = min(WRITERS, len(hours))
    if writers > 1:
        with ProcessPoolExecutor(writers, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(_land_hours, [world] * writers, [landing.folder] * writers, [hours[n::writers] for n in range(writers)]))
    elif hours:
        _land_hours(world, landing.folder, hours)
    _write_calendar(landing)
    until = max(end, landing.landed_until)
    stored = {
        "current_released_at": world.current.released_at.isoformat(),
        "seed": world.seed,
        "culprit": world.culprit,
        "landed_until": until.isoformat(),
    }
    state = landing.folder.parent / "ping_world.json"
    state.with_suffix(".new").write_text(json.dumps(stored))
    state.with_suffix(".new").replace(state)
    return Landing(landing.folder, world, until)


def _write_calendar(landing: Landing) -> None:
    with landing.calendar.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("version", "channel", "time"))
        rows.writerows((r.display_version, NAMES.channel, f"{r.released_at:%Y-%m-%dT%H:%M:%SZ}") for r in landing.world.releases)


def _land_hours(world: PingWorld, folder: Path, hours: list[int]) -> None:
    users, pings = simulate_pings(world)
    pings = add_faults(world, pings, FAULTS)
    writer = LineWriter(world, users)
    for hour in hours:
        since_start = timedelta(hours=hour)
        start_ns = round((world.start + since_start).timestamp()) * 1_000_000_000
        first, last = np.searchsorted(pings["received_ns"], (start_ns, start_ns + NANOSECONDS_PER_HOUR))
        _land_hour(folder, world.start + since_start, since_start, pings[first:last], writer)


def _land_hour(folder: Path, hour_start: datetime, since_start: timedelta, pings: Pings, writer: LineWriter) -> None:
    """One folder for each ping type; main pings in two objects, as from two edge servers."""
    hour_folder = folder / f"submission_date={hour_start:%Y-%m-%d}" / f"submission_hour={hour_start:%H}"
    closed = hour_start + HOUR
    for kind in Kind:
        if kind not in FOLDERS:
            continue
        of_kind = pings[pings["kind"] == kind]
        servers = of_kind["id_low"] % np.uint64(2 if kind is Kind.MAIN else 1)
        for server, suffix in ((0, ".zst" if kind is Kind.MAIN else "" if kind is Kind.CORE else ".gz"), (1, ".gz")):
            lines = b"".join(line + b"\n" for ping in of_kind[servers == server] if (line := writer.line(ping)))
            if not lines:
                continue
            content = _compressed(lines, suffix)
            modified = closed - OBJECTS_CLOSE_BEFORE_END
            if since_start == TRUNCATED_OBJECT_HOUR and kind is Kind.MAIN and suffix == ".gz":
                content = content[: len(content) * 2 // 3]
            if since_start == LATE_OBJECT_HOUR and kind is Kind.MAIN and suffix == ".gz":
                modified = closed + LATE_OBJECT_AFTER_END
            _write(hour_folder / FOLDERS[kind] / f"edge-{server + 1}{_part_of(kind)}.ndjson{suffix}", content, modified)
    if since_start == STRAY_FILE_HOUR:
        _write(hour_folder / FOLDERS[Kind.MAIN] / "edge-1.ndjson.zst.partial", b"left behind by an upload", closed)
    _write(hour_folder / "_SUCCESS", b"", closed + SUCCESS_AFTER_END)


def _part_of(kind: Kind) -> str:
    """Kinds that share a folder have objects of their own in it."""
    return f"-{kind.name.lower()}" if list(FOLDERS.values()).count(FOLDERS[kind]) > 1 else ""


def _compressed(lines: bytes, suffix: str) -> bytes:
    if suffix == ".gz":
        return gzip.compress(lines, compresslevel=1, mtime=0)
    return zstandard.compress(lines, 1) if suffix == ".zst" else lines


def _write(path: Path, content: bytes, modified: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified.timestamp(), modified.timestamp()))


@click.command(help=__doc__)
@click.option(
    "--landing", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="The landing zone, a local folder."
)
@click.option("--end", help="The hour up to which pings have been received, UTC; the current full hour if not given.")
@click.option("--seed", default=57, show_default=True, help="Another seed is another world.")
@click.option("--culprit", type=click.Choice(CULPRITS), default="release", show_default=True, help="What is bad in a new world.")
def main(folder: Path, end: str | None, seed: int, culprit: Culprit) -> None:
    at = datetime.now(UTC) if end is None else datetime.fromisoformat(end).replace(tzinfo=UTC)
    at = at.replace(minute=0, second=0, microsecond=0)
    try:
        landing = open_landing(folder, at, seed, culprit)
    except WorldIsOver as over:
        raise click.ClickException(str(over)) from over
    hours = max(0, round((at - landing.landed_until) / HOUR))
    folder.mkdir(parents=True, exist_ok=True)
    landed = land_until(landing, at)
    click.echo(f"{hours} hours landed in {folder}, up to {landed.landed_until:%Y-%m-%d %H:%M} UTC")


if __name__ == "__main__":
    main()
