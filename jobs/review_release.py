"""Say what a person thinks of a release: confirm a regression, dismiss an alarm, or keep the release from raising one for a while.

Writes a row of release_reviews; the latest row of a release holds. A confirmed regression leaves the baselines of later releases at the next
scoring, a dismissed or muted release raises no alarm, and the digest says who said so and when. If it fails, nothing was written: try again.
"""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime

import click
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table as IcebergTable

from jobs.commands.command_line import EntryPoint
from jobs.declarations.states import ReviewVerdict
from jobs.declarations.tables import RELEASE_REVIEWS
from jobs.declarations.windows import parse_hour
from jobs.digest.facts.digest_facts import Review
from jobs.digest.facts.stored_facts import read_looks, read_reviews
from jobs.tables.commits.row_replacement import Replacement, replace_rows
from jobs.tables.lake.lake_catalog import ensure_table, open_catalog
from jobs.tables.lake.schemas import arrow_schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--channel", required=True, help="Release channel, such as beta.")
@click.option("--version", "version", required=True, help="Release version, such as 57.0b8.")
@click.option("--confirm", "verdict", flag_value=ReviewVerdict.CONFIRMED.value, help="It is a regression.")
@click.option("--dismiss", "verdict", flag_value=ReviewVerdict.DISMISSED.value, help="It was a false alarm.")
@click.option("--reopen", "verdict", flag_value=ReviewVerdict.OPEN.value, help="Take back what was said before, a mute included.")
@click.option("--mute-until", type=parse_hour, metavar="TIME", help="No alarm of this release before then, such as 2026-11-23T08:00Z.")
@click.option("--note", metavar="TEXT", help="Why; shown in the digest.")
@click.option("--by", default=getpass.getuser, show_default="your user name", help="Who says so.")
def main(channel: str, version: str, verdict: str | None, mute_until: datetime | None, note: str | None, by: str) -> None:
    if verdict is None and mute_until is None:
        raise click.ClickException("nothing was said; add --confirm, --dismiss, --reopen or --mute-until")
    catalog = open_catalog()
    known = {verdict.release_version for verdict in read_looks(catalog, _EPOCH, datetime.now(UTC)) if verdict.channel == channel}
    if version not in known:
        newest = ", ".join(sorted(known)[-8:]) or "none"
        raise click.ClickException(f"no release {version} was ever scored on {channel}; there are {newest}")
    review = keep_review(catalog, lambda: Review(channel, version, datetime.now(UTC), by, verdict or "", mute_until, note))
    muted = f", muted until {review.muted_until:%Y-%m-%d %H:%M} UTC" if review.muted_until else ""
    click.echo(f"{channel} {version}: {review.verdict}{muted}, by {by}; the next scoring and the next digest know")


def keep_review(catalog: Catalog, say: Callable[[], Review]) -> Review:
    """Adds the review, on the very reviews that it was completed from: of two people who answer at once the later one keeps what the other said."""
    ensure_table(catalog, RELEASE_REVIEWS)
    kept = []

    def decide(_: IcebergTable) -> Replacement:
        kept.append(updated_review(catalog, say()))
        return Replacement(None, [pa.Table.from_pylist([vars(kept[-1])], schema=arrow_schema(RELEASE_REVIEWS))])

    replace_rows(catalog, RELEASE_REVIEWS, decide)
    return kept[-1]


def updated_review(catalog: Catalog, review: Review) -> Review:
    """The review, with what it leaves open taken from what was said before; reopening forgets it."""
    said = (
        before for before in read_reviews(catalog) if (before.channel, before.release_version) == (review.channel, review.release_version)
    )
    before = max(said, key=lambda each: each.reviewed_at, default=None)
    if before is None or review.verdict == ReviewVerdict.OPEN:
        return Review(**(vars(review) | {"verdict": review.verdict or ReviewVerdict.OPEN}))
    kept = {"verdict": review.verdict or before.verdict, "muted_until": review.muted_until or before.muted_until}
    return Review(**(vars(review) | kept))


if __name__ == "__main__":
    main()
