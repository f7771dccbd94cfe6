"""What is said of releases that are worse after their first week than they were."""

from jobs.digest.facts.digest_facts import DigestFacts, LaterLook
from jobs.verdicts.health_cells import severity_cost
from jobs.wording.cell_words import measure_words
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import age_words, clock_words, interval_words, percent_words, ratio_words


def later_items(facts: DigestFacts) -> list[str]:
    """One line for each release, of its costliest measure, the most used one first."""
    worst: dict[str, LaterLook] = {}
    for look in sorted(facts.worse_later, key=lambda look: (severity_cost(look.measure), look.ratio)):
        worst[look.release_version] = look
    return [_later_words(look) for look in sorted(worst.values(), key=lambda look: (-look.adoption, look.release_version))]


def _later_words(look: LaterLook) -> str:
    """`57.0b4, 12 days old: 1.62x the browser crashes of its own weeks before (1.50-1.70x) since ..., on 31 % of the channel. ...`"""
    return (
        f"{as_label(look.release_version)}, {age_words(look.age_hours)} old: {ratio_words(look.ratio)} the {measure_words(look.measure)} of its own "
        f"days before ({interval_words(look.ratio_low, look.ratio_high)}) since {clock_words(look.worse_since)}, on {percent_words(look.adoption)} of the "
        "channel. It was well before: look at what was switched on from the server, certificates, drivers"
    )
