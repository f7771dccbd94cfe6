"""Numbers as people read them: rounded to what is known, with their unit. One place, so that a figure reads alike wherever it is told."""

from datetime import datetime, timedelta

UNKNOWN = "–"
_NO_BREAK = "\u00a0"
"""Between a number and its sign, so that no line begins with the sign."""


def count_words(count: float | None) -> str:
    """1234.4 is 1,234; 45678 is 45,700; 1234567 is 1.23 M."""
    if count is None:
        return UNKNOWN
    if count >= 999_500:
        return f"{_significant(count / 1e6)}{_NO_BREAK}M"
    if count >= 10_000:
        return f"{round(count, -2):,.0f}"
    if 0 < count < 10 and count != round(count):
        return f"{count:.1f}"
    return f"{count:,.0f}"


def _significant(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def ratio_words(ratio: float | None) -> str:
    """As many digits as help to decide: 1.52x, 0.97x, 2.6x, 12x."""
    if ratio is None:
        return UNKNOWN
    return f"{ratio:.2f}x" if ratio < 1.995 else f"{ratio:.1f}x" if ratio < 10 else f"{ratio:.0f}x"


def interval_words(low: float | None, high: float | None) -> str:
    """The ends of an interval, such as 1.27–1.81x."""
    if low is None or high is None:
        return UNKNOWN
    return f"{ratio_words(low).removesuffix('x')}–{ratio_words(high)}"


def percent_words(share: float | None, decimals: int = 0) -> str:
    """Whole per cent unless more is asked for; <1 % and >99 % where rounding would claim certainty."""
    if share is None:
        return UNKNOWN
    least = 10.0**-decimals
    percent = 100 * share
    if 0 < percent < least:
        return f"<{least:.{decimals}f}{_NO_BREAK}%"
    if 100 - least < percent < 100:
        return f">{100 - least:.{decimals}f}{_NO_BREAK}%"
    return f"{percent:.{decimals}f}{_NO_BREAK}%"


def chance_words(probability: float | None, decimals: int = 0) -> str:
    """A probability in per cent; never 0 or 100, which would claim certainty."""
    if probability is None:
        return UNKNOWN
    return percent_words(min(max(probability, 1e-6), 1 - 1e-6), decimals)


def score_words(score: float | None) -> str:
    """A score is a chance in per cent: whole, and never 0 or 100, which would claim certainty. 1 is the lowest, where the chance is <1 %."""
    return UNKNOWN if score is None else f"{min(max(round(score), 1), 99)}"


def evidence_words(factor: float | None) -> str:
    """A Bayes factor for a regression as odds: 25:1, or 1:8 where it speaks against one."""
    if factor is None or factor <= 0:
        return UNKNOWN
    if factor >= 1:
        return f"{count_words(round(factor))}:1" if factor < 1_000 else ">999:1"
    return f"1:{count_words(round(1 / factor))}" if factor > 0.001 else "<1:999"


def age_words(hours: float) -> str:
    """Hours up to three days, then days: 9 h, 4 days."""
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def clock_words(at: datetime, day: datetime | None = None) -> str:
    """The time in UTC; the date too unless it falls on `day`. Midnight that ends `day` is 24:00."""
    if day is not None and at - timedelta(days=1) == day.replace(hour=0, minute=0, second=0, microsecond=0):
        return "24:00 UTC"
    if day is not None and at.date() == day.date():
        return f"{at:%H:%M} UTC"
    return f"{at.day} {at:%b %H:%M} UTC"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 warning`, `2 warnings`."""
    return f"{count_words(count)} {one if count == 1 else many or one + 's'}"
