"""A channel's track record in words, for a terminal and for one line of the digest."""

from datetime import timedelta

from jobs.decisions.track_record import ToldShare, TrackRecord
from jobs.wording.cell_words import state_name
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import count_words, percent_words, plural

RECORD_SPAN = timedelta(days=365)


def record_line(record: TrackRecord, period: str) -> str:
    """`In the last year 9 of 52 releases alarmed; people confirmed 7 of 8 answered alarms (90 % interval 60–98 %), 1 was never answered.`"""
    alarmed = f"In {period} {count_words(record.alarms) if record.alarms else 'none'} of {plural(record.releases, 'release')} alarmed"
    missed = record.recall.of - record.recall.count
    told = [alarmed]
    if record.precision.of:
        told.append(
            f"people confirmed {share_words(record.precision, 'answered alarm' if record.precision.of == 1 else 'answered alarms')}"
        )
    if record.unanswered:
        told.append(f"{plural(record.unanswered, 'alarm was', 'alarms were')} never answered")
    if missed:
        told.append(f"{plural(missed, 'confirmed regression')} did not alarm")
    return f"{'; '.join(told)}."


def share_words(share: ToldShare, noun: str = "") -> str:
    """`7 of 8 answered alarms (90 % interval 60–98 %)`, or `none of 0`."""
    if share.of == 0:
        return "none of 0"
    low, high = share.interval
    ends = f"{percent_words(low).removesuffix('%').strip()}–{percent_words(high)}"
    of = f"{count_words(share.of)} {noun}".strip()
    return f"{count_words(share.count)} of {of} (90 % interval {ends})"


def record_lines(record: TrackRecord, period: str) -> list[str]:
    """The whole record, a fact each line."""
    lines = [
        f"{as_label(record.channel)}, {period}: {plural(record.releases, 'release')}, {plural(record.alarms, 'alarm')}",
        f"  Of the alarms that people answered, confirmed: {share_words(record.precision)}. Never answered, and so unknown: {record.unanswered}.",
        f"  Of the regressions that people confirmed, alarmed: {share_words(record.recall)}. Nobody knows of regressions that nobody noticed.",
        f"  From the first look to the alarm, dismissed ones left out: {_hours(record.hours_to_alarm)}.",
        f"  From the first *go* to the first look that said healthy: {_hours(record.go_hours_saved)}.",
        f"  Alarmed after a *go*: {plural(record.gone_and_regressed, 'release')}.",
    ]
    if record.last_by_first_state:
        lines.append("  What the last look said of a release that after a day was")
        for first, last in record.last_by_first_state.items():
            became = ", ".join(f"{state_name(state)} {count}" for state, count in sorted(last.items(), key=lambda each: -each[1]))
            lines.append(f"    {state_name(first)}: {became}")
    if record.acceptable_by_score:
        lines.append("  How many turned out acceptable (not regressed at the last look, nor confirmed), by their score after a day")
        for (low, high), share in record.acceptable_by_score.items():
            lines.append(f"    above {low:.0f} up to {high:.0f}: {share_words(share)}")
    return lines


def _hours(hours: float | None) -> str:
    return "no such release" if hours is None else f"{hours:.0f} h (median)"
