"""What past releases' least scores were worth: as kept, as long as all that they were computed from stays, else computed again."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo

from jobs.declarations.policies import HORIZON_HOURS, Policy
from jobs.declarations.tables import RELEASE_OUTCOMES
from jobs.declarations.windows import HOUR
from jobs.history.lake_records import LakeRecords
from jobs.products.chosen import PRODUCT
from jobs.scoring.inputs.baseline_selection import known_life, previous_release
from jobs.scoring.inputs.prepared_cells import ChannelRecord, ReleaseContext, release_context
from jobs.scoring.inputs.record_rows import RecordKey
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.method.environment_guard import HOURS_BEFORE_RELEASE
from jobs.scoring.method.score_calibration import PastScore
from jobs.scoring.rows.calibration_history import PastScores, scores_of_past
from jobs.tables.commits.kept_rows import read_kept, within
from jobs.tables.lake.code_version import source_digest
from jobs.tables.lake.schemas import arrow_schema

SCORING_SOURCES = ("declarations", "history", "products", "reach", "scoring", "verdicts")
"""What a score is computed by. Not jobs/tables: it hands over the rows of the runs that `rests_on` names, however it is written."""
_AT_ONCE = 10
_TOLD_FROM = 5


@cache
def scoring_version() -> str:
    """Changes with the code that scores are computed by and with what the product declares of them, and with no other."""
    declared = hashlib.sha256(repr((PRODUCT.channels, PRODUCT.measures, PRODUCT.populations)).encode()).hexdigest()
    return f"{source_digest(*SCORING_SOURCES)}-{declared[:12]}"


@dataclass
class KeptOutcomes:
    """Gives the pairs of a channel's past releases, and keeps in mind those that had to be computed. One for a run."""

    catalog: Catalog
    records: LakeRecords
    policy: Policy
    made: list[dict[str, Any]] = field(default_factory=list)
    _scores: dict[RecordKey, PastScores] = field(default_factory=dict)

    def __call__(self, channel: ChannelRecord, releases: Sequence[Release]) -> list[PastScores]:
        missing = [release for release in releases if RecordKey.of(release) not in self._scores]
        contexts = {RecordKey.of(past): release_context(channel, past, HORIZON_HOURS, self.policy) for past in missing}
        rests_on = {key: self._rests_on(channel, context) for key, context in contexts.items()}
        kept = self._kept(channel, missing)
        self._scores |= {key: scores for key, (digest, scores) in kept.items() if rests_on.get(key) == digest}
        missing = [release for release in missing if RecordKey.of(release) not in self._scores]
        if len(missing) >= _TOLD_FROM:
            self.records.tell(
                f"release_outcomes: {len(missing)} releases of {missing[0].channel} are not kept yet, or changed; scoring them"
            )
        for first in range(0, len(missing), _AT_ONCE):
            group = missing[first : first + _AT_ONCE]
            self.records.fetch(pair for past in group for pair in _rested_on(channel, contexts[RecordKey.of(past)]))
            for past in group:
                self._compute(channel, past, rests_on[RecordKey.of(past)], contexts[RecordKey.of(past)])
        return [self._scores[RecordKey.of(release)] for release in releases]

    def to_keep(self) -> pa.Table:
        return pa.Table.from_pylist(self.made, schema=arrow_schema(RELEASE_OUTCOMES))

    def _compute(self, channel: ChannelRecord, past: Release, rests_on: str, context: ReleaseContext) -> None:
        scores = scores_of_past(channel, past, self.policy)
        self._scores[RecordKey.of(past)] = scores
        if self.records.are_at_rest(release for release, _ in _rested_on(channel, context)):
            self.made.append(
                {
                    "released_at": past.hour,
                    "channel": past.channel,
                    "release_version": past.version,
                    "ages_hours": list(scores),
                    "least_scores": [pair.least_score for pair in scores.values()],
                    "was_acceptable": all(pair.was_acceptable for pair in scores.values()),
                    "rests_on": rests_on,
                }
            )

    def _kept(self, channel: ChannelRecord, releases: Sequence[Release]) -> dict[RecordKey, tuple[str, PastScores]]:
        if not releases:
            return {}
        time = within(RELEASE_OUTCOMES, releases[0].hour, releases[-1].hour + HOUR)
        kept: dict[RecordKey, tuple[str, Mapping[int, PastScore]]] = {}
        for row in read_kept(self.catalog, RELEASE_OUTCOMES, And(time, EqualTo("channel", channel.totals.channel))).to_pylist():
            pairs = zip(row["ages_hours"], row["least_scores"], strict=True)
            scores = {age: PastScore(least_score, row["was_acceptable"]) for age, least_score in pairs}
            kept[RecordKey(row["channel"], row["release_version"], row["released_at"])] = (row["rests_on"], scores)
        return kept

    def _rests_on(self, channel: ChannelRecord, context: ReleaseContext) -> str:
        """A digest of all that the pairs are computed from: the records of the release and its baselines, what is taken of them, and how."""
        parts = [scoring_version(), repr(self.policy), str(context.proxy), *channel.totals.platforms]
        for release, previous in _rested_on(channel, context):
            life = known_life(release, context.release) if release != context.release else HORIZON_HOURS
            # A record that begins in the middle of what is looked at cuts it short; what lies further back does not matter.
            begins = int(np.clip(channel.totals.hour_of(release.hour), -HORIZON_HOURS, HOURS_BEFORE_RELEASE))
            parts += [release.release_type, str(life), str(begins), self.records.rests_on(release, previous)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _rested_on(channel: ChannelRecord, context: ReleaseContext) -> Iterator[tuple[Release, Release | None]]:
    """The release and what it is compared with, each with the release before it."""
    past = context.baseline_record.releases
    yield context.release, previous_release(context.release, channel.releases)
    yield from ((baseline, previous_release(baseline, past)) for baseline in context.baselines)
