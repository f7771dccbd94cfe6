"""How releases are judged: every number that a person might want to change, with the reason for its value.

The constants of the method itself (bins, grids, shrinkage) stand beside the formulas that use them, in `jobs/scoring`.
"""

from dataclasses import dataclass, field

from jobs.declarations.product import Scoring, Variation
from jobs.products.chosen import PRODUCT

HORIZON_HOURS = 168
"""A release is looked at every hour of its first week; after that its successor is out or the verdict stands."""


@dataclass(frozen=True)
class BaselinePolicy:
    """Which past releases a release is compared with."""

    releases: int = 12
    """About a year of major releases; 16 adds little, and 8 gives away power."""
    recency: float = 0.9
    """Weight of a release over its successor: a drift of 2-5 % per release is followed, and 8 releases still count as 7."""
    thin_releases: int = 2
    """Up to so many baselines the verdict is marked as thin."""
    min_mature_hours: int = 24
    """A past release with fewer known hours beyond the third day has no level of its own: daily rhythm alone would decide it."""
    max_missing_share: float = 0.25
    """A past release with more missing hours than this is no baseline."""
    types_for_offset: int = 6
    """Dot releases needed before their level is told apart from that of majors."""
    history_days: int = 400
    """How far back baselines are looked for: 12 majors, eight weeks apart, lie within it only in part; betas and dot releases do."""


@dataclass(frozen=True)
class VariancePolicy:
    """What is believed of release-to-release variation before the cells themselves have taught it."""

    prior_scale_by_variation: tuple[tuple[Variation, float], ...] = ((Variation.RELEASED, 0.10), (Variation.PRERELEASED, 0.25))
    """tau0 at least, for the channels of that kind: measured on public counts of a release channel (.10-.19), and of its beta and nightly
    (.2-.3). A measure may differ more (`prior_scale` in the product's declaration)."""
    prior_degrees: float = 8.0
    """nu0: the start value is worth eight observed predictions."""
    learned_degrees: float = 16.0
    """nu0 of a tau0 that was learned: it comes from hundreds of predictions of the channel's cells, and a cell's own ten are mostly noise. At 24 1.5x is found
    no oftener that could be told, and a measure that differs half as much again as believed alarms more often."""
    min_cells: int = 10
    """tau0 is learned from at least so many cells ..."""
    min_releases: int = 4
    """... with at least so many baselines each: a weekly beta has no more after five weeks of records ..."""
    min_predictions: int = 30
    """... and from as many past predictions as 10 cells with 5 baselines make."""
    proxy_scale: float = 0.5
    """s where another channel's releases stand in for a channel without any: only gross regressions can be told."""
    min_scale: float = 0.03
    """No two releases are closer than this."""


@dataclass(frozen=True)
class AlarmPolicy:
    """When a cell is called regressed, and when it is left."""

    margin: float = 0.10
    """Delta: ten per cent more crashes are acceptable whatever the history says."""
    scales: float = 2.0
    """z_A: so is what healthy releases differ by (two predictive scales: 1.24 at tau = .10)."""
    doubt: float = 0.01
    """eps: regressed at P(theta > A) >= 1 - eps. At .02 1.5x is found in 2 of 100 releases more and three hours sooner, and more than one healthy
    release in a hundred alarms (docs/evaluation_notes.md)."""
    last_day_doubt: float = 0.02
    """Of the last 24 hours against those before, where how much releases differ cancels: no healthy release of 3,200 alarmed so at .01, none of 240 at .03."""
    unsure_hours: float = 30.0
    """A release younger than this must alarm more surely still, in proportion to its age: its transient error has heavier tails than a
    normal's, and half of the false alarms came on the first day. Large regressions are sure enough within hours all the same."""
    chance_if_healthy: float = 0.007
    """Nor is it regressed where a healthy release would have as high a ratio with more than this chance: a measure that differs much
    between releases exceeds A by nature, however sure one is of it."""
    min_effective_crashes: float = 5.0
    """A minimum of 3-6 events raises power at fixed false alarms (Kulldorff and Silva 2017)."""
    persistence_hours: int = 2
    """Flagged at this look and at that of the hour before: first-hour glitches pass."""
    release_below: float = 0.5
    """Regressed is left when P(theta > A) stayed below this ..."""
    release_hours: int = 6
    """... at every look of so many hours."""
    p_regression: float = 0.10
    p_improvement: float = 0.05
    p_stratum_regression: float = 0.15
    """Prior mass of a regression; replace by the observed frequency after about 50 releases. Split over the strata of local cells."""
    local_margin: float = 0.20
    local_scales: float = 3.0
    """A stratum must be worse by more than the release as a whole: there are many of them."""
    discovery_rate: float = 0.10
    """q of the e-BH list of a run: at most a tenth of it is false, whatever the dependence."""


@dataclass(frozen=True)
class VerdictPolicy:
    """What the words of a verdict ask for."""

    too_early_expected: float = 10.0
    """Below ten effective expected crashes a ratio says nothing."""
    too_early_sd: float = 0.25
    """Nor does a posterior wider than a factor of 1.5 either way."""
    watch_probability: float = 0.50
    watch_local_probability: float = 0.80
    improved_probability: float = 0.95
    improved_looks: int = 12
    """Praise can wait half a day: by then missing reports are told from improvements."""
    min_praised: float = 0.4
    """Never improved while so few crashes are within the bound: one report in three arriving looks the same before it can be told."""
    healthy_probability: float = 0.95
    healthy_effective_crashes: float = 30.0
    healthy_upper_ratio: float = 1.5
    """Never healthy while half as many crashes again are within the 95 % bound."""
    healthy_age_hours: int = 6
    healthy_looks: int = 3
    """Healthy is a promise: three looks in a row, which span two hours, must agree."""
    critical_platform_share: float = 0.05
    """A platform with less of the hours does not decide the release's state."""
    max_unseen_share: float = 0.10
    """Strata that no baseline has known are left out of observed and expected beyond this share of the hours."""
    environment_note_factor: float = 1.15
    few_clients_share: float = 0.10
    """From so many crashes of a few clients on, which don't count, it is said, and somebody should watch who they are."""
    min_reported: float = 0.5
    """Less than half of what any past release had is no improvement but reports that are missing; a release of .7x stays well above."""


@dataclass(frozen=True)
class DataGuardPolicy:
    """When the data, not the release, is the news."""

    lowest_usage_share: float = 0.60
    highest_usage_share: float = 1.60
    """Received hours of all versions in three hours against the same hours of the last weeks. The previous version's can't serve: adoption empties them."""
    lowest_crash_share: float = 0.50
    crash_sds: float = 5.0
    """Crash pings below half of their reference and far below what chance allows. No upper limit: that is the environment's."""
    in_step_ratio: float = 1.3
    in_step_sds: float = 2.0
    """Crash pings changed as usage did unless they differ by more than this, and than chance allows. Usage pings alone at .6 leave 1.67."""
    window_hours: int = 3
    reference_weeks: int = 2
    kernel_drift: float = 0.10
    """F(3 h) of today against the kernel in use: one usage hour in ten comes at another time than assumed."""
    silent_usage_hours: int = 3


@dataclass(frozen=True)
class StrataPolicy:
    min_usage_share: float = 0.01
    min_crashes: float = 50.0
    """A stratum's rate with fewer crashes is noise: relative error above 14 % times phi."""
    most: int = 30


@dataclass(frozen=True)
class DelayPolicy:
    triangle_days: int = 14
    """The delay kernel is measured over two weeks: long enough for both weekends, short enough to follow a change of client."""
    channel_hours: float = 2.5
    """The two weeks count as so many hours of use: after a day a change with the release is followed by nine tenths. Less, and the time of day at which
    a release comes out would be taken for a change."""
    min_usage_hours: float = 200.0
    """A triangle with less usage is noise: the default mixture stands in."""


@dataclass(frozen=True)
class HoldbackPolicy:
    """How a random holdback is told from other experiments, and when it alarms."""

    experiment_prefix: str = "release-holdback-"
    """Followed by the release version."""
    released_branch: str = "released"
    held_branch: str = "held"
    false_alarms: float = 0.01
    """alpha: the e-value alarms at 1/alpha, however often one looks."""


@dataclass(frozen=True)
class ExperimentPolicy:
    """When a branch of an experiment is to blame."""

    alarm_odds: float = 100.0
    """An e-value, times the number of branches, measures and platforms compared: at most one week of comparisons in a hundred names an innocent one."""
    discovery_rate: float = 0.05
    """q of the e-BH list of a look: whoever searches for a culprit begins there."""
    share_drift_odds: float = 1_000.0
    """From here on a branch's share of the usage hours is not what it was on its first day: clients have left it, or were not drawn at random."""
    min_crashes: float = 5.0


@dataclass(frozen=True)
class RolloutPolicy:
    """What widening a rollout may risk."""

    delay_worth: float = 0.05
    """What an hour's delay costs the users who wait, as a share of their usual crashes in an hour: they wait for fixes, security ones among
    them, so that a wait that saves fewer than one crash in twenty is not worth it. The one number that weighs harm against delay."""
    fix_hours: float = 24.0
    """Whoever was given a bad release has it for about a day more, until a fix is out: stopping does not take it back."""
    max_p_unacceptable: float = 0.20
    """Never go while one critical measure is worse than acceptable with more than this chance, whatever the mean over measures says."""


@dataclass(frozen=True)
class BuildsPolicy:
    """When it is said with which build of a release a regression began."""

    min_p_change: float = 0.95
    """Below, it may as well have begun with the release's first build, or outside of it: no build is named."""
    set_mass: float = 0.90


@dataclass(frozen=True)
class LaterWeeksPolicy:
    """When a release is worse after its first week than it was."""

    min_adoption: float = 0.05
    """Below, few are left who could be harmed, and who stays behind is no sample of anybody."""
    margin: float = 0.20
    scales: float = 4.0
    """Acceptable is a fifth more, or four times what its days differ by: at three times, one restless week in 140 was called worse."""
    platform_scales: float = 6.0
    """A platform must be worse by more than the release as a whole, as there are several: at five times, restless weeks were called worse
    twice as often as without platforms (15 of 700 for 6)."""
    doubt: float = 0.005
    """How much doubt an alarm of a measure may leave, all platforms together and each of them taken together ..."""
    whole_share: float = 0.5
    """... of which the whole release has half, and its platforms the other half in equal parts."""
    persistence_hours: int = 6
    """A lump of late pings passes, and nobody holds a rollout for these hours."""
    least_stayed: float = 0.5
    most_grown: float = 2.0
    """With fewer or more usage hours than these times those of its median day, other people use it than before."""


@dataclass(frozen=True)
class Policy:
    baselines: BaselinePolicy = field(default_factory=BaselinePolicy)
    variance: VariancePolicy = field(default_factory=VariancePolicy)
    alarm: AlarmPolicy = field(default_factory=AlarmPolicy)
    verdict: VerdictPolicy = field(default_factory=VerdictPolicy)
    data_guard: DataGuardPolicy = field(default_factory=DataGuardPolicy)
    strata: StrataPolicy = field(default_factory=StrataPolicy)
    delays: DelayPolicy = field(default_factory=DelayPolicy)
    holdback: HoldbackPolicy = field(default_factory=HoldbackPolicy)
    experiments: ExperimentPolicy = field(default_factory=ExperimentPolicy)
    rollout: RolloutPolicy = field(default_factory=RolloutPolicy)
    builds: BuildsPolicy = field(default_factory=BuildsPolicy)
    later_weeks: LaterWeeksPolicy = field(default_factory=LaterWeeksPolicy)

    def prior_scale(self, channel: str, measure: str) -> float:
        """tau0 before it is learned: the larger of the channel's and the measure's. A channel that is not declared is taken for a restless one."""
        declared = PRODUCT.channel(channel)
        variation = declared.variation if declared else Variation.PRERELEASED
        return max(dict(self.variance.prior_scale_by_variation)[variation], _PRIOR_SCALES.get(measure, Scoring(0.0, 0.0).prior_scale))


_PRIOR_SCALES = {measure.name: measure.scoring.prior_scale for measure in PRODUCT.measures if measure.scoring}
POLICY = Policy()
