"""The data line, and what is said when there are no figures: a gate that failed, an hour that never closed, no data at all."""

from datetime import timedelta

from jobs.declarations.states import Outcome
from jobs.digest.facts.digest_facts import DigestFacts, FailedExpectation, HourCondition, HourFacts, Restatement
from jobs.tables.upkeep.input_holes import Holes
from jobs.wording.cell_words import state_name
from jobs.wording.client_text import as_data_label, as_label, as_sentence
from jobs.wording.shown_numbers import clock_words, count_words, plural, ratio_words, score_words

_TROUBLE_FIRST = (
    HourCondition.GATE_FAILED,
    HourCondition.UNREADABLE,
    HourCondition.NOT_CLOSED,
    HourCondition.NOT_FINISHED,
    HourCondition.NOT_SETTLED,
    HourCondition.EMPTY,
    HourCondition.INCOMPLETE,
)
_NO_FIGURES = (
    HourCondition.GATE_FAILED,
    HourCondition.UNREADABLE,
    HourCondition.NOT_CLOSED,
    HourCondition.NOT_FINISHED,
    HourCondition.EMPTY,
)
_MOST_REASONS = 8


def hours_words(hours: list[HourFacts]) -> str:
    """`10:00–11:00 UTC` for one hour, `3 hours from 22 Nov 10:00 UTC` for several."""
    first = hours[0].hour_start
    if len(hours) == 1:
        return f"{first:%H:%M}–{first + timedelta(hours=1):%H:%M} UTC"
    return f"{plural(len(hours), 'hour')} from {clock_words(first)}"


def trouble_sentences(facts: DigestFacts) -> list[str]:
    """What went wrong with the window's data, the worst first, each with what to do."""
    found = []
    for condition in _TROUBLE_FIRST:
        hours = [hour for hour in facts.hours if hour.condition is condition]
        if hours:
            found.append(_condition_sentence(condition, hours_words(hours), facts))
    health_failed = [failed for failed in facts.blocking if failed.table_name == "release_health"]
    if health_failed:
        found.append(
            f"The new scores failed their quality gate: {expectation_words(health_failed[0])}. The scores below are the last good ones."
        )
    elif not has_no_figures(facts) and facts.releases and facts.is_stale:
        found.append("The data arrived but was not scored: look at score_release_health in Airflow.")
    return found


def has_no_figures(facts: DigestFacts) -> bool:
    """Whether some hour of the window has no figures at all."""
    return any(hour.condition in _NO_FIGURES for hour in facts.hours)


def _condition_sentence(condition: HourCondition, hours: str, facts: DigestFacts) -> str:
    match condition:
        case HourCondition.GATE_FAILED:
            failed = [failed for failed in facts.blocking if failed.table_name != "release_health"]
            why = f" ({expectation_words(failed[0])})" if failed else ""
            return f"The figures of {hours} failed the quality gate{why} and were not published. What was published before still stands. Data engineers: the thread says where the rows are."
        case HourCondition.UNREADABLE:
            return f"{hours}: the landing zone cannot be listed, so nothing was read; what was published before stands. Data engineers: is it mounted, and may the pipeline read it?"
        case HourCondition.NOT_SETTLED:
            return f"{hours}: the day was not settled, so the hourly figures stand. Data engineers: the log of aggregate_errors in Airflow says why."
        case HourCondition.NOT_CLOSED:
            return f"{hours}: the edge never closed the hour (_SUCCESS is missing), so it was not read. Ask whoever runs ingestion."
        case HourCondition.NOT_FINISHED:
            return f"{hours}: the run did not finish. Look at aggregate_errors in Airflow."
        case HourCondition.EMPTY:
            return f"{hours}: not one ping arrived. Ask whoever runs ingestion."
        case _:
            return f"{hours}: read without having been closed; pings may be missing."


def expectation_words(failed: FailedExpectation) -> str:
    """`expectation, observed value`, without naming what a client could have written as markup."""
    observed = f", observed {as_sentence(failed.observed, 80)}" if failed.observed else ""
    return f"{as_label(failed.table_name)}: {as_sentence(failed.expectation, 120)}{observed}"


def data_line(facts: DigestFacts) -> str:
    """Provisional or settled, complete to when, what was read and rejected, late objects, warnings, and whether it is simulated."""
    parts = [f"{facts.mode.value.capitalize()} figures", _completeness(facts)]
    lines, rejected = sum(hour.lines for hour in facts.hours), sum(hour.rejected for hour in facts.hours)
    if lines:
        duplicates = sum(hour.duplicates for hour in facts.hours)
        parts.append(f"{plural(lines, 'ping')} read, {count_words(rejected)} rejected, {plural(duplicates, 'duplicate')}")
    late = sum(hour.late_objects for hour in facts.hours)
    if late:
        parts.append(plural(late, "late object"))
    if facts.warnings:
        parts.append(f"{plural(len(facts.warnings), 'warning')} (in the thread)")
    if facts.restatements:
        parts.append(f"{plural(len(facts.restatements), 'figure')} restated")
    parts.append(hole_words(facts.holes))
    labels = [label.removesuffix(".") for label in label_words(facts)]
    return " · ".join(part for part in [*parts, *labels] if part)


def detail_lines(facts: DigestFacts) -> list[str]:
    """What the data line only counts: reasons of rejected pings, what failed in the gates, and figures that have changed."""
    reasons: dict[str, int] = {}
    for hour in facts.hours:
        for reason, count in hour.rejects_by_reason:
            reasons[reason] = reasons.get(reason, 0) + count
    told = ", ".join(f"{as_label(reason)} {count_words(count)}" for reason, count in list(reasons.items())[:_MOST_REASONS])
    rejected = [f"Rejected: {told}"] if reasons else []
    restated = [f"Restated: {restatement_words(restated)}" for restated in facts.restatements]
    return [*rejected, *map(_failed_line, facts.failed_expectations), *restated]


def _failed_line(failed: FailedExpectation) -> str:
    what = "could not be checked" if failed.outcome == Outcome.ERROR else "failed"
    severity = "✖ Stopped publishing" if failed.is_blocking else "⚠ Warning"
    message = f". {as_sentence(failed.message, 200)}" if failed.message else ""
    return f"{severity}: {expectation_words(failed)} ({what}){message}"


def hole_words(holes: Holes) -> str:
    """`2 days never settled since 20 Nov, 3 hours never read since 22 Nov (...)`, and where to read what mends it; or nothing.

    The hours of a day that was never settled are not told again.
    """
    unread = [hour for hour in holes.unread_hours if hour.replace(hour=0) not in holes.unsettled_days]
    found = [
        ("day", "never settled", holes.unsettled_days),
        ("hour", "never read", unread),
        ("hour", "half published", holes.unfinished_hours),
    ]
    said = ", ".join(f"{plural(len(times), noun)} {what} since {min(times):%-d %b}" for noun, what, times in found if times)
    return f"{said} (the log of table_maintenance has what mends it)" if said else ""


def label_words(facts: DigestFacts) -> list[str]:
    """`Simulated data.` where the data has a label, and whether it is told in shadow: in every message that may be read by itself."""
    shadow = ["In shadow: only this channel is told."] if facts.is_shadow else []
    return [*shadow, *([f"{as_data_label(facts.data_label)}."] if facts.data_label else [])]


def short_data_line(facts: DigestFacts) -> str:
    """`Provisional figures, complete to 12:00 UTC.` where there is nothing else to say of the data; the thread has the counts."""
    return " ".join([f"{facts.mode.value.capitalize()} figures, {_completeness(facts)}.", *_holes_sentence(facts), *label_words(facts)])


def _holes_sentence(facts: DigestFacts) -> list[str]:
    said = hole_words(facts.holes)
    return [f"{said[0].upper()}{said[1:]}."] if said else []


def _completeness(facts: DigestFacts) -> str:
    missing = [hour for hour in facts.hours if hour.condition in _NO_FIGURES]
    if missing:
        return f"none for {hours_words(missing)}"
    unclosed = [hour for hour in facts.hours if hour.condition is HourCondition.INCOMPLETE]
    if unclosed:
        return f"{len(unclosed)} of {plural(len(facts.hours), 'hour')} incomplete"
    return f"complete to {clock_words(facts.window_end, facts.window_start)}"


def restatement_words(restated: Restatement) -> str:
    """`57.0b8 at 22 Nov 10:00 UTC: was watch 62, is now healthy 97`, the ratio where it moved."""
    was = f"{state_name(restated.state_before)} {score_words(restated.score_before)}"
    now = f"{state_name(restated.state_now)} {score_words(restated.score_now)}"
    moved = restated.ratio_before is not None and restated.ratio_now is not None
    ratios = f" ({ratio_words(restated.ratio_before)} → {ratio_words(restated.ratio_now)})" if moved else ""
    return f"{as_label(restated.release_version)} at {clock_words(restated.as_of)}: was {was}, is now {now}{ratios}"
