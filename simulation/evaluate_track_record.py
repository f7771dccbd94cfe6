"""Describe the track record of simulated years of releases and reviews, and print how often its 90 % intervals hold the truth.

Reads and writes nothing; takes some seconds. docs/track_record.md has the figures of one. If it fails or is interrupted, run it again.
"""

from datetime import UTC, datetime

import click
import numpy as np

from jobs.decisions.track_record import ToldShare, VerdictLook, track_records
from jobs.declarations.states import State
from jobs.declarations.windows import HOUR
from simulation.release_world.review_years import ReviewedRelease, draw_world, draw_year

_START = datetime(2026, 1, 5, tzinfo=UTC)
_RELEASES = (13, 52, 104)
"""Of a channel with a release every four weeks, every week, twice a week."""


@click.command(help=__doc__)
@click.option("--years", default=200, show_default=True, help="Of each kind.")
@click.option("--seed", default=2026, show_default=True, help="Below 1,000: for development, never reported.")
def main(years: int, seed: int) -> None:
    for number, releases in enumerate(_RELEASES):
        for name, learned in (
            ("missed regressions come to be known as often as alarms are answered", None),
            ("one in five of them does", 0.2),
        ):
            held: list[tuple[bool, bool]] = []
            widths: list[float] = []
            for index in range(years):
                rng = np.random.default_rng([seed, number, index])
                world = draw_world(releases, rng, learned)
                precision, recall = told_shares(draw_year(world, rng))
                held.append((_holds(precision, world.precision), _holds(recall, world.found)))
                widths.append(precision.interval[1] - precision.interval[0])
            of_precision, of_recall = np.mean(held, axis=0)
            click.echo(
                f"{releases} releases a year, {name}: the interval of precision holds the truth in {of_precision:.1%} of {years} years, "
                f"that of recall in {of_recall:.1%}; median width of the first {np.median(widths):.2f}"
            )


def told_shares(year: list[ReviewedRelease]) -> tuple[ToldShare, ToldShare]:
    """Precision and recall as the track record has them."""
    looks, answers = [], {}
    for number, release in enumerate(year):
        version = f"1.{number}"
        looks.append(VerdictLook("beta", version, _START + HOUR, 1.0, State.REGRESSED if release.has_alarmed else State.HEALTHY))
        if release.said is not None:
            answers["beta", version] = release.said
    record = track_records(looks, answers)[0]
    return record.precision, record.recall


def _holds(share: ToldShare, truth: float) -> bool:
    low, high = share.interval
    return low <= truth <= high


if __name__ == "__main__":
    main()
