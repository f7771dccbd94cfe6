"""Rows of experiment_health, build_health and later_health as the page shows them, and as facts that the digest's sentences are made of. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from jobs.declarations.policies import POLICY
from jobs.declarations.states import ExperimentState, LaterState
from jobs.digest.facts.digest_facts import TOLD_BRANCHES, BuildLook, ExperimentLook, LaterLook
from jobs.page.documents.decision_documents import BuildFigures, ExperimentFigures, LaterFigures
from jobs.page.documents.rounding import rounded
from jobs.page.series.small_groups import is_small
from jobs.verdicts.health_cells import ALL, platform_of, severity_cost
from jobs.wording.cell_words import measure_words, on_platform, platform_words, state_name
from jobs.wording.client_text import as_label
from jobs.wording.decision_words import UNJUDGED_WHY
from jobs.wording.shown_numbers import age_words, chance_words, count_words, interval_words, percent_words, ratio_words

Row = Mapping[str, Any]
MOST_BRANCHES = 60
"""Of a channel, the surest first: forty experiments have hundreds of rows."""
_STATE_ORDER = [state.value for state in (ExperimentState.GUILTY, ExperimentState.LISTED, ExperimentState.NOT_JUDGED)]
_Look = TypeVar("_Look", ExperimentLook, BuildLook, LaterLook)


@dataclass(frozen=True)
class DecisionRows:
    """Rows by column name: experiments and later weeks of one look, builds of each release's latest."""

    experiments: tuple[Row, ...] = ()
    builds: tuple[Row, ...] = ()
    later: tuple[Row, ...] = ()

    def of_channel(self, channel: str, is_public: bool) -> "DecisionRows":
        """Those of one channel; where everybody may read, without small groups of users, and without experiments: their names tell plans."""

        def shown(rows: Iterable[Row]) -> tuple[Row, ...]:
            found = (row for row in rows if row["channel"] == channel)
            return tuple(row for row in found if not is_public or not is_small(row["usage_hours"]))

        experiments = () if is_public else tuple(row for row in self.experiments if row["channel"] == channel)
        return DecisionRows(experiments, shown(self.builds), shown(self.later))

    def experiment_looks(self) -> tuple[ExperimentLook, ...]:
        """The branches of which there is something to say."""
        return tuple(_look(ExperimentLook, row) for row in self.experiments if row["state"] in TOLD_BRANCHES)

    def build_looks(self) -> tuple[BuildLook, ...]:
        return tuple(_look(BuildLook, row) for row in self.builds)

    def worse_later(self) -> tuple[LaterLook, ...]:
        return tuple(_look(LaterLook, {**row, "platform": platform_of(row)}) for row in self.later if row["state"] == LaterState.WORSE)

    def told_builds(self, version: str, as_of: datetime) -> list[BuildFigures]:
        """The builds of a release at a look, the oldest first."""
        return [_told_build(row) for row in self._builds_of(version, as_of)]

    def builds_said(self, version: str, as_of: datetime) -> str:
        """Which of a look's builds are suspected, or why none is; empty where none was searched for."""
        of_look = self._builds_of(version, as_of)
        if not of_look:
            return ""
        policy, chance = POLICY.builds, chance_words(of_look[0]["p_change"])
        if any(row["is_suspect"] for row in of_look):
            return (
                f"It turned bad with one of these builds with a chance of {chance}; suspected are the fewest that hold "
                f"{percent_words(policy.set_mass)} of it."
            )
        return (
            f"No build is suspected: it turned bad with one of them with a chance of {chance}, and builds are named from "
            f"{percent_words(policy.min_p_change)} on."
        )

    def _builds_of(self, version: str, as_of: datetime) -> list[Row]:
        of_look = (row for row in self.builds if (row["release_version"], row["as_of"]) == (version, as_of))
        return sorted(of_look, key=lambda row: str(row["build_id"]))

    def experiments_said(self) -> list[str]:
        """What the channel's branches come to, which experiments are not judged, and whether more branches are stored than are shown."""
        if not self.experiments:
            return []
        states = {row["state"] for row in self.experiments}
        unjudged = sorted({row["experiment"] for row in self.experiments if row["state"] == ExperimentState.NOT_JUDGED})
        return [
            "A branch that is to blame crashes more than the other branches of its experiment do, at the same time and on the same releases."
            if ExperimentState.GUILTY in states
            else "No branch of those that are judged is to blame.",
            *([f"Not judged: {', '.join(map(as_label, unjudged))}. {UNJUDGED_WHY[0].upper()}{UNJUDGED_WHY[1:]}."] if unjudged else []),
            *([f"Shown are {MOST_BRANCHES} of {len(self.experiments)} comparisons."] if len(self.experiments) > MOST_BRANCHES else []),
        ]

    def told_experiments(self) -> list[ExperimentFigures]:
        """The branches, those to blame first, then those of which most is known."""

        def order(row: Row) -> tuple[int, float, str, str]:
            state = row["state"]
            return (
                _STATE_ORDER.index(state) if state in _STATE_ORDER else len(_STATE_ORDER),
                -row["evidence"],
                row["experiment"],
                row["branch"],
            )

        return [_told_experiment(row) for row in sorted(self.experiments, key=order)[:MOST_BRANCHES]]

    def told_later(self) -> list[LaterFigures]:
        """Releases after their first week, what is worse first, then the most used; of each its costliest measure first, and all platforms first."""
        adoption = {row["release_version"]: row["adoption"] for row in self.later if platform_of(row) == ALL}

        def order(row: Row) -> tuple[bool, float, str, float, bool, str]:
            version, platform = row["release_version"], platform_of(row)
            is_worse = row["state"] == LaterState.WORSE
            return (not is_worse, -adoption.get(version, 0.0), version, -severity_cost(row["measure"]), platform != ALL, platform)

        return [_told_later(row) for row in sorted(self.later, key=order)]


def _look(kind: type[_Look], row: Row) -> _Look:
    return kind(**{column.name: row[column.name] for column in fields(kind)})


def _told_build(row: Row) -> BuildFigures:
    expected = row["expected_crashes"]
    return BuildFigures(
        build_id=as_label(row["build_id"]),
        place_label=f"{measure_words(row['measure'])}{on_platform(row['platform'])}",
        observed_crashes=rounded(row["observed_crashes"]),
        usage_hours=rounded(row["usage_hours"]),
        delayed_crashes=rounded(row["delayed_crashes"]),
        expected_crashes=rounded(expected),
        p_first_bad=rounded(row["p_first_bad"]),
        p_change=rounded(row["p_change"]),
        is_suspect=row["is_suspect"],
        ratio_words=ratio_words(row["delayed_crashes"] / expected if expected else None),
        chance_words=chance_words(row["p_first_bad"]),
    )


def _told_experiment(row: Row) -> ExperimentFigures:
    return ExperimentFigures(
        experiment=as_label(row["experiment"]),
        branch=as_label(row["branch"]),
        platform_label=platform_words(row["platform"]),
        evidence=rounded(row["evidence"]),
        alarm_at=rounded(row["alarm_at"]),
        guilty_since=row["guilty_since"],
        **_compared(row, row["branch_crashes"], row["branch_usage_hours"]),
    )


def _told_later(row: Row) -> LaterFigures:
    return LaterFigures(
        version_label=as_label(row["release_version"]),
        platform_label=platform_words(platform_of(row)),
        age_hours=row["age_hours"],
        adoption=row["adoption"],
        observed_crashes=rounded(row["observed_crashes"]),
        usage_hours=rounded(row["usage_hours"]),
        acceptable_ratio=rounded(row["acceptable_ratio"]),
        p_unacceptable=rounded(row["p_unacceptable"]),
        worse_since=row["worse_since"],
        age_words=age_words(row["age_hours"]),
        adoption_words=percent_words(row["adoption"]),
        **_compared(row, row["observed_crashes"], row["usage_hours"]),
    )


def _compared(row: Row, crashes: float, usage_hours: float) -> dict[str, Any]:
    """A measure's state and ratio, and the counts that it rests on: the fields that experiments and later weeks have in common."""
    return {
        "measure_label": measure_words(row["measure"]),
        "state": row["state"],
        "state_label": state_name(row["state"]),
        "ratio": rounded(row["ratio"]),
        "ratio_low": rounded(row["ratio_low"]),
        "ratio_high": rounded(row["ratio_high"]),
        "ratio_words": ratio_words(row["ratio"]),
        "interval_words": interval_words(row["ratio_low"], row["ratio_high"]),
        "counts": f"{count_words(crashes)} in {count_words(usage_hours)} h",
    }
