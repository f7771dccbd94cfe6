"""Figures by release from staged error_aggregates: measures that went silent, usage that belongs to no release."""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from expectations.checks.checks import Batch, Check, NotRun
from expectations.checks.gate_policy import GatePolicy
from expectations.checks.rules import Between
from expectations.checks.staged_rows import FigureRows
from jobs.declarations.measures import MEASURES
from jobs.declarations.product import OnePerPing
from jobs.declarations.states import Outcome, Severity
from jobs.declarations.tables import ERROR_AGGREGATES
from jobs.products.chosen import PRODUCT

_COUNTERS = {m.pings[0]: m.name for m in MEASURES if isinstance(m.source, OnePerPing)}
CARRIERS = {m.name: _COUNTERS[m.pings[0]] for m in MEASURES if m.absence == "unknown" and len(m.pings) == 1 and m.pings[0] in _COUNTERS}
"""Measures that not every ping has, with the measure that counts the pings which may."""
_SILENT_WORDS = "no measure is silent for a whole version"

Release = dict[str, Any]


def release_query() -> str:
    """By channel and release: rows with pings of each kind that carries measures, how many carry each measure, and usage hours."""
    pings = [f"count(*) FILTER (WHERE {name} > 0) AS rows_with_{name}" for name in dict.fromkeys(CARRIERS.values())]
    figures = ", ".join([*pings, "coalesce(sum(usage_hours), 0) AS usage_hours", *(f"count({name}) AS {name}" for name in CARRIERS)])
    return f"SELECT channel, release_version, {figures} FROM staged GROUP BY channel, release_version"  # noqa: S608


def silent_measures(releases: Sequence[Release], policy: GatePolicy) -> Batch | NotRun:
    """A measure that no row of a version carries although, at the share of its channel's other versions, many should."""
    min_expected = -math.log(policy.silent_measure_doubt)  # Poisson: the chance of none is exp(-expected)
    figures = [
        {
            "rows that carry it": release[measure],
            "silent": int(release[measure] == 0),
            "observed": f"{measure} of {release['channel']} {release['release_version']}: none of {release[_rows_with(measure)]} rows "
            f"where {expected:.0f} were to be expected",
        }
        for release in releases
        for measure in CARRIERS
        if (expected := _expected_rows(release, measure, releases)) >= min_expected
    ]
    if not figures:
        return NotRun(
            _SILENT_WORDS,
            Severity.WARNING,
            Outcome.NOT_APPLICABLE,
            "no version has pings enough, beside other versions of its channel that carry the measures",
        )
    check = Check(
        words=_SILENT_WORDS,
        severity=Severity.WARNING,
        rule=Between("silent", greatest=0),
        columns=tuple(CARRIERS),
        meaning="The version no longer sends the measure, or under another name: its scores see no crash of that kind.",
    )
    return Batch(ERROR_AGGREGATES.name, FigureRows(figures), (check,), subject=("observed",))


def unnamed_releases(releases: Sequence[Release], policy: GatePolicy) -> list[Batch | NotRun]:
    """For each channel whose releases have names of their own: the share of usage whose version is none of them (57.0 instead of 57.0b8)."""
    return [
        _unnamed(channel.name, re.compile(channel.release_pattern), releases, policy)
        for channel in PRODUCT.channels
        if channel.release_pattern
    ]


def _unnamed(channel: str, named: re.Pattern[str], releases: Sequence[Release], policy: GatePolicy) -> Batch | NotRun:
    usage_hours: dict[bool, float] = defaultdict(float)
    for release in releases:
        if release["channel"] == channel:
            usage_hours[bool(named.match(release["release_version"] or ""))] += release["usage_hours"]
    words = f"{channel} usage without a {channel} number <= {policy.max_unnamed_share:.0%}"
    total_hours = sum(usage_hours.values())
    if total_hours == 0:
        return NotRun(words, Severity.WARNING, Outcome.NOT_APPLICABLE, f"the window has no usage on {channel}")
    share = usage_hours[False] / total_hours
    check = Check(
        words=words,
        severity=Severity.WARNING,
        rule=Between("share", greatest=policy.max_unnamed_share),
        columns=("release_version",),
        meaning=f"Pings whose version names no {channel} release are counted under it and belong to no release's score.",
    )
    figures = FigureRows([{"share": share, "observed": f"{share:.1%}"}])
    return Batch(ERROR_AGGREGATES.name, figures, (check,), subject=("observed",))


def _rows_with(measure: str) -> str:
    return f"rows_with_{CARRIERS[measure]}"


def _expected_rows(release: Release, measure: str, releases: Sequence[Release]) -> float:
    """Rows of the release that would carry the measure at the share of its channel's other versions."""
    others = [r for r in releases if r["channel"] == release["channel"] and r["release_version"] != release["release_version"]]
    rows = sum(other[_rows_with(measure)] for other in others)
    carrying = sum(other[measure] for other in others)
    return float(release[_rows_with(measure)] * carrying / rows) if rows else 0.0
