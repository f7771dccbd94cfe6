"""`check_pings` tells every problem of every line at once, by the rules of ingestion."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.check_pings import main
from jobs.deployment.settings import ROOT
from jobs.pings.line_problems import ALLOWED, line_problems
from jobs.pings.reject_reasons import RejectReason
from jobs.products.chosen import PRODUCT
from tests.ping_factory import ABSENT, HOUR, core_ping, crash_ping, land, line, main_ping
from tests.pings.hostile_lines import hostile_line, verdict_of


def test_every_problem_of_a_line_is_told_at_once() -> None:
    ping = main_ping({
        "arrival.id": ABSENT,
        "arrival.channel": "nightly-\x1b[2J",
        "program.label": "57",
        "about.build.id": 20171112125346,
        "about.os.name": ABSENT,
        "body.use.seconds": "3600",
    })  # fmt: skip
    assert [str(problem) for problem in line_problems(line(ping))] == [
        "arrival.id: found nothing, allowed is text, one for each ping (no_document_id)",
        'arrival.channel: found "nightly-\\u001b[2J", allowed is release, esr, beta, nightly (unknown_channel)',
        'program.label: found "57", allowed is a version such as 57.0.1, 58.0a1 or 57.0b8 (invalid_version)',
        "about.build.id: found 20171112125346, allowed is the time of the build as YYYYMMDDhhmmss, as text (invalid_build_id)",
        "about.os.name: found nothing, allowed is the name of the operating system, as text (no_os)",
        'body.use.seconds: found "3600", allowed is seconds of use as a whole number (invalid_usage)',
    ]


def test_a_ping_without_problems_has_none() -> None:
    assert [line_problems(line(ping)) for ping in (main_ping(), crash_ping(), core_ping())] == [[], [], []]


def test_every_reason_says_what_is_allowed() -> None:
    assert set(ALLOWED) == {*RejectReason, *PRODUCT.own_reasons}


@given(seed=st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_a_line_has_problems_exactly_if_ingestion_rejects_it(seed: int) -> None:
    hostile = hostile_line(seed)
    reason = verdict_of(hostile)
    found = line_problems(hostile.text, hostile.folder, HOUR)
    assert (reason is None) == (not found), (reason, found, hostile)
    assert reason is None or reason in {problem.reason for problem in found}


def test_the_command_names_file_line_and_counts_and_fails(tmp_path: Path) -> None:
    wrong_folder = land(tmp_path, [main_ping(), crash_ping()], "main", name="part.ndjson.gz")
    result = CliRunner().invoke(main, [str(wrong_folder)])
    assert result.exit_code == 1
    assert (
        f'{wrong_folder}, line 2: arrival.kind: found "crash", allowed is the type of the folder that it lies in (wrong_folder)'
        in result.output
    )
    assert "2 lines: 1 accepted, 1 rejected; 1 problem: wrong_folder 1" in result.output
    good = land(tmp_path, [main_ping()], "main")
    assert (CliRunner().invoke(main, [str(good)]).output, CliRunner().invoke(main, [str(good)]).exit_code) == (
        "1 line: 1 accepted, 0 rejected\n",
        0,
    )


def test_two_thousand_mixed_lines_take_less_than_two_seconds(tmp_path: Path) -> None:
    file = tmp_path / "pings.ndjson"
    file.write_bytes(b"".join(hostile_line(seed).text.replace(b"\n", b" ") + b"\n" for seed in range(2000)))
    before = os.times()
    result = subprocess.run([sys.executable, "-m", "jobs.check_pings", str(file)], cwd=ROOT, capture_output=True, text=True)
    after = os.times()
    assert "2000 lines" in result.stderr.replace(",", "")
    assert after.children_user + after.children_system - before.children_user - before.children_system < 2
