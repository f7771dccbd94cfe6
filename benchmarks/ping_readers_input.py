"""Real-shaped main pings for the benchmark: 30 to 180 kB each, made from a seed and from the facts of Mozilla's main ping schema.

Most of a main ping is what nobody aggregates: hundreds of histograms of the browser and of its content processes, garbage collection
slices with fractions, SQL texts, add-ons. The generator makes a pool of such pieces once and joins a different choice of them for each ping.
"""

import gzip
import json
import os
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.pings.landing_zone import hour_folder

SMALLEST_PING_BYTES = 30_000
LARGEST_PING_BYTES = 180_000
GZIP_LEVEL = 6

_CHANNEL_VERSIONS = (
    ("release", "57.0", "57.0"),
    ("release", "56.0.2", "56.0.2"),
    ("beta", "58.0", "58.0b4"),
    ("nightly", "59.0a1", "59.0a1"),
)
_SYSTEMS = (("Windows_NT", "10.0"), ("Windows_NT", "6.1"), ("Darwin", "17.2.0"), ("Linux", "4.13.0"))
_COUNTRIES = ("US", "DE", "IN", "FR", "BR", "RU", "??")
_WORDS = ("NETWORK", "CACHE", "GC", "CYCLE", "SSL", "HTTP", "PLUGIN", "LAYOUT", "IMAGE", "MEMORY", "STARTUP", "SEARCH", "VIDEO", "SESSION")
READ_HISTOGRAMS = (
    "BROWSER_SHIM_USAGE_BLOCKED",
    "PERMISSIONS_SQL_CORRUPTED",
    "DEFECTIVE_PERMISSIONS_SQL_REMOVED",
    "SLOW_SCRIPT_NOTICE_COUNT",
    "SLOW_SCRIPT_PAGE_COUNT",
)
SUBPROCESSES = ("gpu", "plugin", "gmplugin")


class MainPings:
    """An endless supply of main pings of one hour, the same for the same seed."""

    def __init__(self, hour_start: datetime, seed: int) -> None:
        self._hour_start = hour_start
        self._random = random.Random(seed)  # noqa: S311 - the same pings for the same seed
        self._histograms = [self._named_histogram(i) for i in range(1500)]
        self._collections = [_compact(self._garbage_collection()) for _ in range(200)]
        self._statements = [self._slow_statement(i) for i in range(300)]
        self._addons = [self._addon(i) for i in range(60)]

    def next_line(self) -> bytes:
        """One ping as a line; sizes are spread evenly between the smallest and the largest."""
        rng = self._random
        channel, version, display_version = rng.choice(_CHANNEL_VERSIONS)
        size_bytes = rng.randint(SMALLEST_PING_BYTES + 6_000, LARGEST_PING_BYTES - 6_000)
        client_id = f"{rng.getrandbits(128):032x}"
        build_id = f"201711{rng.randint(1, 17):02}{rng.randint(0, 23):02}0153"
        build = {"architecture": rng.choice(("x86", "x86-64")), "buildId": build_id, "vendor": "Mozilla", "version": version}
        build |= {"platformVersion": version, "displayVersion": display_version}
        document_id = f"{rng.getrandbits(128):032x}"
        head = {
            "type": "main",
            "id": document_id,
            "creationDate": f"{self._hour_start:%Y-%m-%dT%H:%M}:43.312Z",
            "version": 4,
            "clientId": client_id,
            "application": {**build, "channel": channel, "name": "Firefox", "xpcomAbi": "x86_64-msvc"},
        }
        tail = {"meta": self._meta(document_id, channel, version, build_id)}
        return (
            f'{_compact(head)[:-1]},"environment":{self._environment(build)},"payload":{self._payload(size_bytes)},{_compact(tail)[1:]}\n'
        ).encode()

    def _meta(self, document_id: str, channel: str, version: str, build_id: str) -> dict[str, Any]:
        received_at = self._hour_start + timedelta(seconds=self._random.randrange(3600))
        return {
            "documentId": document_id,
            "docType": "main",
            "appName": "Firefox",
            "appVersion": version,
            "appBuildId": build_id,
            "normalizedChannel": channel,
            "geoCountry": self._random.choice(_COUNTRIES),
            "Timestamp": int(received_at.timestamp()) * 10**9 + self._random.randrange(10**9),
            "submissionDate": f"{received_at:%Y-%m-%d}",
        }

    def _environment(self, build: dict[str, Any]) -> str:
        rng = self._random
        os_name, os_version = rng.choice(_SYSTEMS)
        addons = ",".join(rng.sample(self._addons, rng.randint(3, 12)))
        rest = {
            "build": {**build, "applicationId": "{ec8030f7-c20a-464f-9b0e-13a3a9e97384}", "applicationName": "Firefox"},
            "partner": {"distributionId": None, "distributor": None, "partnerNames": []},
            "profile": {"creationDate": rng.randint(15_000, 17_400)},
            "settings": {"locale": "en-US", "telemetryEnabled": True, "userPrefs": {f"browser.pref.{i}": True for i in range(25)}},
            "system": {
                "memoryMB": 8192,
                "cpu": {"count": 4, "extensions": ["hasMMX", "hasSSE", "hasSSE2", "hasSSE3", "hasSSSE3"]},
                "os": {"name": os_name, "version": os_version, "locale": "en-US"},
                "gfx": {"adapters": [{"description": "Intel HD Graphics 620", "driverVersion": "21.20.16.4541", "RAM": None}]},
            },
            "experiments": {"pref-flip-quantum": {"branch": rng.choice(("control", "treatment"))}} if rng.random() < 0.2 else {},
        }
        return f'{{"addons":{{"activeAddons":{{{addons}}},"theme":{{"name":"Default"}}}},{_compact(rest)[1:]}'

    def _payload(self, size_bytes: int) -> str:
        rng = self._random
        info = {
            "reason": "shutdown",
            "sessionId": f"{rng.getrandbits(128):032x}",
            "subsessionCounter": rng.randint(1, 4),
            "subsessionLength": rng.randint(0, 30_000),
            "timezoneOffset": 60,
        }
        own = [f'"{name}":{_count_histogram(rng.randint(0, 3))}' for name in READ_HISTOGRAMS if rng.random() < 0.4]
        browser = self._choice(self._histograms, size_bytes * 0.45) + own
        rng.shuffle(browser)
        content = self._choice(self._histograms, size_bytes * 0.30)
        collections = self._choice(self._collections, size_bytes * 0.13)
        statements = self._choice(self._statements, size_bytes * 0.08)
        crashes = [f'"{kind}":{_count_histogram(1)}' for kind in SUBPROCESSES if rng.random() < 0.01]
        return (
            f'{{"ver":4,"info":{_compact(info)},"histograms":{{{",".join(browser)}}},'
            f'"keyedHistograms":{{"SUBPROCESS_CRASHES_WITH_DUMP":{{{",".join(crashes)}}}}},'
            f'"processes":{{"parent":{{"scalars":{{"browser.engagement.tab_open_event_count":5}},"gc":{{"random":[{",".join(collections)}]}}}},'
            f'"content":{{"histograms":{{{",".join(content)}}}}}}},'
            f'"slowSQL":{{"mainThread":{{}},"otherThreads":{{{",".join(statements)}}}}}}}'
        )

    def _choice(self, pieces: list[str], wanted_bytes: float) -> list[str]:
        """Pieces that follow each other in the pool from a random place on, as many as fill the wanted size."""
        start = self._random.randrange(len(pieces))
        chosen, filled_bytes = [], 0
        for i in range(len(pieces)):
            piece = pieces[(start + i) % len(pieces)]
            if filled_bytes + len(piece) > wanted_bytes:
                break
            chosen.append(piece)
            filled_bytes += len(piece)
        return chosen

    def _named_histogram(self, number: int) -> str:
        rng = self._random
        name = "_".join(rng.choices(_WORDS, k=4)) + f"_{number}"
        # One in eight is an exponential histogram with many buckets; the rest are flags, counts and short enumerations.
        buckets = rng.randint(20, 90) if rng.random() < 0.125 else rng.randint(1, 4)
        values = {str(rng.randint(0, 9_999)): rng.randint(0, 5_000) for _ in range(buckets)}
        return f'"{name}":' + _compact(
            {"range": [1, 10_000], "bucket_count": buckets, "histogram_type": 0, "values": values, "sum": sum(values.values())}
        )

    def _garbage_collection(self) -> dict[str, Any]:
        rng = self._random
        slices = [
            {
                "slice": i,
                "pause": round(rng.random() * 40, 3),
                "when": round(rng.random() * 900, 3),
                "reason": "CC_WAITING",
                "times": {"mark": 3.1},
            }
            for i in range(rng.randint(2, 12))
        ]
        return {"status": "completed", "timestamp": rng.random() * 1e9, "max_pause": round(rng.random() * 70, 3), "slices_list": slices}

    def _slow_statement(self, number: int) -> str:
        columns = ", ".join(self._random.choices(("h.url", "h.title AS page_title", "h.visit_count", "b.id"), k=6))
        text = f'SELECT {columns} FROM moz_places_{number} h WHERE h.rev_host = "?" /* places.sqlite */'  # noqa: S608 - text that nobody runs
        return f"{_compact(text)}:[{self._random.randint(1, 20)},{self._random.randint(100, 9_000)}]"

    def _addon(self, number: int) -> str:
        text = f'Add-on {number}: blocks, downloads and "translates" pages; naïve, 日本語 {number}'
        addon = {"blocklisted": False, "description": text, "name": f"addon {number}", "version": f"1.{number}.0", "scope": 1}
        return f'"addon{number}@example.org":{_compact(addon)}'


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _count_histogram(events: int) -> str:
    return _compact({"bucket_count": 3, "histogram_type": 4, "range": [1, 2], "sum": events, "values": {"0": events, "1": 0}})


def write_landing_zone(landing: Path, hour_start: datetime, objects: int, object_bytes: int, seed: int) -> list[Path]:
    """Writes `objects` plain objects of about `object_bytes` each into the hour's folder of main pings."""
    pings = MainPings(hour_start, seed)
    folder = landing / hour_folder(hour_start) / "main"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"part-{i:03}.ndjson" for i in range(objects)]
    for path in paths:
        with path.open("wb") as file:
            while file.tell() < object_bytes:
                file.write(pings.next_line())
    return paths


def repeat_by_links(originals: list[Path], times: int) -> list[Path]:
    """The objects under `times` names each: hard links, which a reader reads like other files."""
    paths = list(originals)
    for copy in range(1, times):
        for original in originals:
            name, suffix = original.name.split(".", 1)
            paths.append(original.with_name(f"{name}-copy-{copy:03}.{suffix}"))
            os.link(original, paths[-1])
    return paths


def compress_objects(paths: list[Path], landing: Path, hour_start: datetime) -> list[Path]:
    """The same objects, gzipped, into another landing zone."""
    folder = landing / hour_folder(hour_start) / "main"
    folder.mkdir(parents=True, exist_ok=True)
    compressed = []
    for path in paths:
        target = folder / f"{path.name}.gz"
        target.write_bytes(gzip.compress(path.read_bytes(), GZIP_LEVEL))
        compressed.append(target)
    return compressed
