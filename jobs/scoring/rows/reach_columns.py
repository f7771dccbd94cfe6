"""Rows of release_health with what is told of people: active and crashed clients of the last day, crash-free users, adoption."""

from collections.abc import Sequence
from typing import Any

from jobs.declarations.policies import Policy
from jobs.reach.client_figures import adoption_by_people, crash_free_users, told_clients
from jobs.reach.last_days import DayReach, ReachByLook
from jobs.reach.past_reach import UsualShare, usual_crash_free
from jobs.scoring.inputs.baseline_selection import known_life
from jobs.scoring.inputs.prepared_cells import ChannelRecord, ReleaseContext, release_context
from jobs.scoring.looks.channel_scoring import ScoredRelease

Row = dict[str, Any]


def with_reach(rows: Sequence[Row], record: ChannelRecord, scored: ScoredRelease, reach: ReachByLook, policy: Policy) -> list[Row]:
    """A release's rows; those of its verdicts and of whole platforms have the clients of their platform, as far as they are known."""
    context = release_context(record, scored.release, scored.hours, policy)
    release = (scored.release.channel, scored.release.version)
    told = []
    for row in rows:
        day = reach.get((release[0], row["as_of"]), {}).get((release[1], row["platform"]))
        is_whole = row["scope"] in ("release", "platform")
        told.append(row | _figures(day, context, row) if is_whole and day is not None else row)
    return told


def _figures(day: DayReach, context: ReleaseContext, row: Row) -> Row:
    active, crashed, channel_active = told_clients(day.active), told_clients(day.crashed), told_clients(day.channel_active)
    free = crash_free_users(active, crashed)
    if free is None:
        return {"adoption_by_people": adoption_by_people(active, channel_active), "channel_active_clients": round(channel_active.estimate)}
    usual = usual_at(context, row["platform"], round(row["age_hours"]) - 1)
    return {
        "active_clients": round(active.estimate),
        "crashed_clients": round(crashed.estimate),
        "channel_active_clients": round(channel_active.estimate),
        "adoption_by_people": adoption_by_people(active, channel_active),
        "crash_free_users": free.share,
        "crash_free_users_low": free.low,
        "crash_free_users_high": free.high,
        "usual_crash_free_users": usual and usual.median,
        "usual_crash_free_users_low": usual and usual.lowest,
        "usual_crash_free_users_high": usual and usual.highest,
    }


def usual_at(context: ReleaseContext, platform: str, look: int) -> UsualShare | None:
    """What the past releases that a release is compared with had at the same age; None where a stand-in takes their place.

    Like with like: whatever makes an early figure too high (who has had the release for six hours has had less time to crash) did so at that
    age in past releases, too. Those whose week was not over are left out.
    """
    if context.proxy is not None:
        return None
    past = [context.baseline_record.of(baseline) for baseline in context.baselines if look < known_life(baseline, context.release)]
    return usual_crash_free([record.crash_free_users[platform] for record in past if platform in record.crash_free_users], look)
