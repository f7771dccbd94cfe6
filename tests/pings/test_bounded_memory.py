"""A task's memory does not grow with its objects: measured in a process of its own, over objects of up to 2 GB."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from jobs.deployment.settings import ROOT
from tests.ping_factory import land, line, main_ping

pytestmark = pytest.mark.long

GB = 10**9

READ_AND_MEASURE = """
import sys
from pathlib import Path
from tests.ping_factory import land, line, main_ping
from tests.pings.reading import count_of, records, rejects_by_reason

def peak_mb():
    # ru_maxrss would begin with the peak of the process that started this one.
    (peak,) = [row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM:")]
    return int(peak.split()[1]) / 1024

landing = Path(sys.argv[1])
warm_up = landing / "warm-up"
land(warm_up, [main_ping()], name="a.ndjson.gz")
land(warm_up, b"not JSON", name="b.ndjson.zst")
records(warm_up)
before_mb = peak_mb()
found = records(landing)
print(count_of(found, "lines"), rejects_by_reason(found), round(peak_mb() - before_mb), sep="|")
"""


def read_in_a_process_of_its_own(landing: Path) -> tuple[int, str, int]:
    """Lines, rejects by reason, and the megabytes by which reading raised the peak of memory."""
    command = [sys.executable, "-c", READ_AND_MEASURE, str(landing)]
    lines, rejects, grown_mb = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("|")
    return int(lines), rejects, int(grown_mb)


def test_a_line_of_two_gigabytes(tmp_path: Path) -> None:
    path = land(tmp_path, b"")
    with path.open("r+b") as file:
        file.truncate(2 * GB)  # a hole in the file: it takes no space on the disk

    lines, rejects, grown_mb = read_in_a_process_of_its_own(tmp_path)

    assert (lines, rejects) == (1, "{'line_too_long': 1}")
    assert grown_mb < 60


# A decoder of zstd gives at once what a piece of 1 kB stands for, up to 32 MB.
@pytest.mark.parametrize(("suffix", "max_mb"), [("gz", 40), ("zst", 100)])
def test_a_line_of_half_a_gigabyte_that_is_stored_in_little(tmp_path: Path, suffix: str, max_mb: int) -> None:
    zeros = bytes(100 * 10**6)
    stream = gzip.compress(zeros, 9) if suffix == "gz" else zstandard.compress(zeros)
    land(tmp_path, b"", name=f"part.ndjson.{suffix}").write_bytes(stream * 5)

    lines, rejects, grown_mb = read_in_a_process_of_its_own(tmp_path)

    assert (lines, rejects) == (1, "{'line_too_long': 1}")
    assert grown_mb < max_mb


def test_many_pings(tmp_path: Path) -> None:
    padded = line(main_ping({"body.log": ["x" * 100] * 1000}))
    land(tmp_path, b"", name="part.ndjson.gz").write_bytes(gzip.compress(padded * 50, 1) * 30)

    lines, rejects, grown_mb = read_in_a_process_of_its_own(tmp_path)

    assert (lines, rejects) == (50 * 30, "{}")
    assert grown_mb < 60


def test_many_pings_with_long_texts(tmp_path: Path) -> None:
    long_texts = [line(main_ping({"about.os.version": f"{number} {'x' * 10**6}"})) for number in range(150)]
    land(tmp_path, b"".join(long_texts))

    lines, rejects, grown_mb = read_in_a_process_of_its_own(tmp_path)

    assert (lines, rejects) == (150, "{}")
    assert grown_mb < 60


def test_a_line_that_unfolds_into_millions_of_objects(tmp_path: Path) -> None:
    land(tmp_path, b'{"arrival":null,"x":[' + b"[]," * 2_700_000 + b"[]]}\n")

    lines, rejects, grown_mb = read_in_a_process_of_its_own(tmp_path)

    assert (lines, rejects) == (1, "{'no_meta': 1}")
    assert grown_mb < 400
