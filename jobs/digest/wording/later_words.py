"""What is said of releases that are worse after their first week than they were."""

from jobs.digest.facts.digest_facts import DigestFacts, LaterLook
from jobs.verdicts.health_cells import ALL, severity_cost
from jobs.wording.cell_words import measure_words, on_platform, platform_words
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import age_words, clock_words, interval_words, percent_words, ratio_words


def later_items(facts: DigestFacts) -> list[str]:
    """One line for each release, of the measure and platform that cost most, the costliest first."""
    costliest = sorted(facts.worse_later, key=_cost, reverse=True)
    worst: dict[str, LaterLook] = {}
    for look in costliest:
        worst.setdefault(look.release_version, look)
    return [_later_words(look, [other for other in costliest if other.release_version == version]) for version, look in worst.items()]


def _cost(look: LaterLook) -> tuple[float, str, str]:
    """What the last day's crashes beyond the usual weigh; names decide between equals."""
    return (severity_cost(look.measure) * (look.delayed_crashes - look.expected_crashes), look.release_version, look.platform)


def _later_words(look: LaterLook, worse: list[LaterLook]) -> str:
    """`57.0b4, 12 days old: 1.62x the browser crashes of its own weeks before (1.50-1.70x) since ..., on 31 % of the channel; worse on Windows (1.9x). ...`

    `worse` are all looks at the release that are told: platforms are named where the whole is told.
    """
    of_channel = "channel" if look.platform == ALL else f"channel's {platform_words(look.platform)}"
    parts = [other for other in worse if look.platform == ALL != other.platform and other.measure == look.measure]
    named = ", ".join(f"{platform_words(part.platform)} ({ratio_words(part.ratio)})" for part in parts)
    return (
        f"{as_label(look.release_version)}, {age_words(look.age_hours)} old: {ratio_words(look.ratio)} the "
        f"{measure_words(look.measure)}{on_platform(look.platform)} of its own days before ({interval_words(look.ratio_low, look.ratio_high)}) since "
        f"{clock_words(look.worse_since)}, on {percent_words(look.adoption)} of the {of_channel}{'; worse on ' if named else ''}{named}. "
        "It was well before: look at what was switched on from the server, certificates, drivers"
    )
