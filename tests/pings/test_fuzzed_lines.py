"""Damaged pings by the thousand, through the reader: 20,000 lines here, a million with `make test-fuzz`.

Whatever a line holds, nothing is raised, lines = pings + rejects, each reason is a declared one, and a line reads the same alone as among
others, in whichever object, compression and piece it lies. Each seed is a line of its own, so a failure names the line.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from jobs.pings.ping_extraction import CLIENT_ID, PingRow, Reject
from jobs.pings.ping_records import PING_RECORD_SCHEMA
from jobs.pings.reject_reasons import RejectReason
from jobs.products.chosen import PRODUCT
from tests.ping_factory import KEYS, land
from tests.pings.hostile_lines import FOLDERS, HostileLine, extract, hostile_line
from tests.pings.reading import count_of, records, rejects_by_reason

pytestmark = pytest.mark.long

LINES = int(os.environ.get("FUZZED_LINES", "20000"))
FIRST_SEED = int(os.environ.get("FUZZ_SEED", "57"))
LINES_AT_A_TIME = 5000
ROW_NAMES = PING_RECORD_SCHEMA.names[PING_RECORD_SCHEMA.get_field_index("document_id") :]
SUFFIXES = ("", ".gz", ".zst")
REASONS = {reason.value for reason in (*RejectReason, *PRODUCT.own_reasons)}


def check_lines(seeds: range, landing: Path) -> Counter[str]:
    """Lands the lines of the seeds and compares the reader's records with what each line reads as by itself; counts what came out."""
    lines = [hostile_line(seed) for seed in seeds]
    alone = [extract(line) for line in lines]
    expected_rejects = Counter(found.reason.value for found in alone if isinstance(found, Reject))
    expected_pings = sorted(repr(_recorded(found)) for found in alone if not isinstance(found, Reject))
    for folder in {line.folder for line in lines}:
        for index, suffix in enumerate(SUFFIXES):
            text = b"".join(line.text + b"\n" for line in _of_folder(lines, folder)[index :: len(SUFFIXES)])
            land(landing, text, folder, name=f"part-{index}.ndjson{suffix}")

    found = records(landing)

    pings = sorted(repr(tuple(record[name] for name in ROW_NAMES)) for record in _pings(found))
    assert (count_of(found, "lines"), rejects_by_reason(found)) == (len(lines), dict(expected_rejects)), f"lines of the seeds {seeds}"
    assert pings == expected_pings, f"lines of the seeds {seeds}: {set(pings) ^ set(expected_pings)}"
    assert count_of(found, "ping") + count_of(found, "reject") == len(lines)
    assert set(expected_rejects) <= REASONS
    return expected_rejects + Counter({"accepted": len(pings)})


def _recorded(row: PingRow) -> PingRow:
    """As the reader records it: with the client's keys in place of its id."""
    return (*row[:CLIENT_ID], *KEYS.maker()(row[CLIENT_ID]), *row[CLIENT_ID + 1 :])


def _of_folder(lines: list[HostileLine], folder: str) -> list[HostileLine]:
    return [line for line in lines if line.folder == folder]


def _pings(found: list[dict]) -> Iterator[dict]:
    return (record for record in found if record["kind"] == "ping")


def test_damaged_pings_by_the_thousand(tmp_path: Path) -> None:
    starts = range(FIRST_SEED, FIRST_SEED + LINES, LINES_AT_A_TIME)
    batches = [range(start, min(start + LINES_AT_A_TIME, FIRST_SEED + LINES)) for start in starts]
    workers = 2 if len(batches) > 10 else 1
    if workers == 1:
        outcomes = [check_lines(batch, tmp_path / str(batch.start)) for batch in batches]
    else:
        with ProcessPoolExecutor(workers) as pool:
            outcomes = list(pool.map(check_lines, batches, [tmp_path / str(batch.start) for batch in batches]))
    total: Counter[str] = sum(outcomes, Counter())
    print(f"{LINES:,} lines: {dict(total.most_common())}")  # noqa: T201 - shown by -s, and where it fails
    assert total.total() == LINES
    assert 0.2 < total["accepted"] / LINES < 0.6, "neither all broken nor all well"
    never = REASONS - set(total) - {"line_too_long", "unreadable_rest", "invalid_count"}
    assert not never, f"no line was rejected for {never}: the damage misses a rule"


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_type_is_among_the_lines(folder: str) -> None:
    assert folder in {hostile_line(seed).folder for seed in range(50)}
