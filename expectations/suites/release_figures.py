"""Figures by release from staged error_aggregates: measures that went silent, beta usage that belongs to no release."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from expectations.checks.checks import Batch, Check, NotRun
from expectations.checks.gate_policy import GatePolicy
from expectations.checks.rules import Between
from expectations.checks.severities import Outcome, Severity
from expectations.checks.staged_rows import FigureRows
from jobs.declarations.measures import MEASURES
from jobs.declarations.tables import ERROR_AGGREGATES

UNKNOWN_MEASURES = tuple(m.name for m in MEASURES if m.absence == "unknown" and m.pings == ("main",))
_SILENT_WORDS = "no measure is silent for a whole version"
_UNNAMED = "beta usage without a beta number"

Release = dict[str, Any]


def release_query() -> str:
    """By channel and release: rows with main pings, how many of them carry each measure, and usage hours."""
    carrying = ", ".join(f"count({name}) AS {name}" for name in UNKNOWN_MEASURES)
    return (
        "SELECT channel, release_version, count(*) FILTER (WHERE main_pings > 0) AS rows_with_main_pings, "  # noqa: S608
        f"coalesce(sum(usage_hours), 0) AS usage_hours, {carrying} FROM staged GROUP BY channel, release_version"
    )


def silent_measures(releases: Sequence[Release], policy: GatePolicy) -> Batch | NotRun:
    """A measure that no row of a version carries although, at the share of its channel's other versions, many should."""
    min_expected = -math.log(policy.silent_measure_doubt)  # Poisson: the chance of none is exp(-expected)
    figures = [
        {
            "rows that carry it": release[measure],
            "silent": int(release[measure] == 0),
            "observed": f"{measure} of {release['channel']} {release['release_version']}: none of {release['rows_with_main_pings']} rows "
            f"where {expected:.0f} were to be expected",
        }
        for release in releases
        for measure in UNKNOWN_MEASURES
        if (expected := _expected_rows(release, measure, releases)) >= min_expected
    ]
    if not figures:
        return NotRun(
            _SILENT_WORDS,
            Severity.WARNING,
            Outcome.NOT_APPLICABLE,
            "no version has main pings enough, beside other versions of its channel that carry the measures",
        )
    check = Check(
        words=_SILENT_WORDS,
        severity=Severity.WARNING,
        rule=Between("silent", greatest=0),
        columns=UNKNOWN_MEASURES,
        meaning="The version no longer sends the measure, or under another name: its scores see no crash of that kind.",
    )
    return Batch(ERROR_AGGREGATES.name, FigureRows(figures), (check,), subject=("observed",))


def unnamed_betas(releases: Sequence[Release], policy: GatePolicy) -> Batch | NotRun:
    """The share of beta usage whose version is 57.0 instead of 57.0b8."""
    usage_hours: dict[bool, float] = defaultdict(float)
    for release in releases:
        if release["channel"] == "beta":
            usage_hours["b" in (release["release_version"] or "")] += release["usage_hours"]
    words = f"{_UNNAMED} <= {policy.largest_unnamed_beta_share:.0%}"
    total_hours = sum(usage_hours.values())
    if total_hours == 0:
        return NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, "the window has no usage on beta")
    share = usage_hours[False] / total_hours
    check = Check(
        words=words,
        severity=Severity.WARNING,
        rule=Between("share", greatest=policy.largest_unnamed_beta_share),
        columns=("release_version",),
        meaning="Pings without a display version are counted under 57.0 and belong to no beta's score.",
    )
    figures = FigureRows([{"share": share, "observed": f"{share:.1%}"}])
    return Batch(ERROR_AGGREGATES.name, figures, (check,), subject=("observed",))


def _expected_rows(release: Release, measure: str, releases: Sequence[Release]) -> float:
    """Rows of the release that would carry the measure at the share of its channel's other versions."""
    others = [r for r in releases if r["channel"] == release["channel"] and r["release_version"] != release["release_version"]]
    rows = sum(other["rows_with_main_pings"] for other in others)
    carrying = sum(other[measure] for other in others)
    return float(release["rows_with_main_pings"] * carrying / rows) if rows else 0.0
