"""Every table, declared once: grain, columns, types, units, partition. Schemas, expectations and the data dictionary derive from here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from jobs.declarations.dimensions import COUNTRY_GROUPS, DIMENSIONS, OTHER_COUNTRIES, STRATUM_COLUMNS, StratumColumn
from jobs.declarations.measures import CRITICAL_MEASURES, HAS_UPDATES, MEASURES, SCORED_MEASURES
from jobs.declarations.populations import MIN_GROUP_CLIENTS, OTHER_GROUP, POPULATIONS
from jobs.declarations.product import Measure
from jobs.declarations.states import (
    Action,
    ExperimentState,
    HourStatus,
    LaterState,
    Outcome,
    Reason,
    ReviewVerdict,
    Scope,
    Severity,
    State,
)
from jobs.declarations.windows import Mode

Scalar = Literal["string", "int", "long", "double", "boolean", "timestamp", "date", "binary"]


@dataclass(frozen=True)
class ListOf:
    element: "Scalar | Struct"


@dataclass(frozen=True)
class CountsByName:
    """A map from a name to a whole number."""


@dataclass(frozen=True)
class Struct:
    columns: "tuple[Column, ...]"


ColumnType = Scalar | ListOf | CountsByName | Struct


@dataclass(frozen=True)
class Column:
    """`values` are the only ones that a text may be, NULL aside; none: it may be any."""

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    nullable: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """`grain` names the columns whose values are unique; `time_column` says which window a row belongs to; `partition` cuts by it.

    A restricted table stands in a namespace of its own, which not everybody who reads the others may read. Files are found by their times, and by
    the values of `found_by`: each file's entry keeps the least and the greatest.
    """

    name: str
    description: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    time_column: str
    partition: Literal["hour", "day", "month"]
    is_restricted: bool = False
    found_by: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _words(enumeration: type[StrEnum]) -> tuple[str, ...]:
    return tuple(str(word) for word in enumeration)


def _measure_column(measure: Measure) -> Column:
    is_hours = measure.unit == "hours"
    return Column(measure.name, "double" if is_hours else "long", measure.description, measure.unit, nullable=True)


DIMENSION_COLUMNS: tuple[Column, ...] = tuple(Column(d.name, "string", d.description, nullable=d.nullable) for d in DIMENSIONS)
MEASURE_COLUMNS: tuple[Column, ...] = tuple(_measure_column(measure) for measure in MEASURES)


def _stratum_column(stratum: StratumColumn) -> Column:
    dimension = stratum.dimension
    if stratum.made_by == "first_part":
        return Column(stratum.name, "string", f"First numeric part of {dimension.name}.", nullable=True)
    if stratum.made_by == "country_group":
        groups = (*(name for name, _ in COUNTRY_GROUPS), OTHER_COUNTRIES)
        return Column(stratum.name, "string", "Group of countries, as declared in jobs/declarations/dimensions.py.", values=groups)
    return _DIMENSION[stratum.name]


_DIMENSION = {column.name: column for column in DIMENSION_COLUMNS}

WINDOW_RUN_ID = Column(
    "window_run_id", "string", "The attempt that wrote the row; equal to that of the hour's audit row once the run is complete."
)
_HOUR_START = Column("hour_start", "timestamp", "Start of the hour in which the server received the pings.")

ERROR_AGGREGATES = Table(
    "error_aggregates",
    "Errors and usage for each 5-minute window and combination of dimensions.",
    ("window_start", *(d.name for d in DIMENSIONS)),
    (
        Column("window_start", "timestamp", "Start of the 5-minute window, UTC, by the server's clock."),
        *DIMENSION_COLUMNS,
        *MEASURE_COLUMNS,
        WINDOW_RUN_ID,
    ),
    "window_start",
    "hour",
)

EXPERIMENT_ERROR_AGGREGATES = Table(
    "experiment_error_aggregates",
    "The same measures for the clients of each experiment branch; a client in two experiments stands in both.",
    ("hour_start", "channel", "version", "os_name", "experiment", "branch"),
    (
        _HOUR_START,
        _DIMENSION["channel"],
        _DIMENSION["version"],
        _DIMENSION["os_name"],
        Column("experiment", "string", "Experiment id, as the client gave it."),
        Column("branch", "string", "Branch of the experiment, as the client gave it."),
        *MEASURE_COLUMNS,
        WINDOW_RUN_ID,
    ),
    "hour_start",
    "day",
)

RELEASE_TOTALS = Table(
    "release_totals",
    "Hourly totals of each release and stratum: what scoring reads.",
    ("hour_start", "channel", "release_version", *(column.name for column in STRATUM_COLUMNS)),
    (
        _HOUR_START,
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        *(_stratum_column(column) for column in STRATUM_COLUMNS),
        *MEASURE_COLUMNS,
        WINDOW_RUN_ID,
    ),
    "hour_start",
    "day",
)

USAGE_DELAYS = Table(
    "usage_delays",
    "Usage hours by how late they came: a ping's usage is spread evenly over its subsession, which ends when the ping is received.",
    ("hour_start", "channel", "os_name", "delay_hours"),
    (
        _HOUR_START,
        _DIMENSION["channel"],
        _DIMENSION["os_name"],
        Column("delay_hours", "int", "Whole hours between the hour of use and the hour of receipt.", "hours"),
        Column("usage_hours", "double", "Usage hours received with that delay.", "hours"),
        WINDOW_RUN_ID,
    ),
    "hour_start",
    "day",
)

REJECTED_PINGS = Table(
    "rejected_pings",
    "Rejected lines, at most a bounded number for each reason and object; exact counts are in ingest_audit. Never the ping itself.",
    ("hour_start", "object_key", "line_number"),
    (
        _HOUR_START,
        Column("object_key", "string", "Object below the landing zone."),
        Column("line_number", "long", "Line in the object, from 1."),
        Column("reason", "string", "Why it was rejected; the reasons are those of jobs/pings/reject_reasons.py."),
        Column("document_id", "string", "The ping's document id, where it could be read.", nullable=True),
        Column("doc_type", "string", "The ping's type, where it could be read.", nullable=True),
        WINDOW_RUN_ID,
    ),
    "hour_start",
    "day",
)

_REACH_GRAIN = ("hour_start", "channel", "release_version", "os_name", "population", "key_id")
_REACH_COLUMNS = (
    _DIMENSION["channel"],
    Column(
        "release_version",
        "string",
        f"What users call the release; `{OTHER_GROUP}`: of releases with under {MIN_GROUP_CLIENTS} active clients.",
    ),
    Column(
        "os_name", "string", f"Operating system; `{OTHER_GROUP}`: those of the release with under {MIN_GROUP_CLIENTS} active clients each."
    ),
    Column("population", "string", "Whose clients.", values=tuple(population.name for population in POPULATIONS)),
    Column("key_id", "string", "Fingerprint of the secret by which clients are told apart; only sketches of one key can be united."),
    Column("sketch", "binary", "Theta sketch of the clients' keys, as Apache DataSketches has it (lgK 12)."),
    Column("estimate", "double", "Clients in it, exact up to some 4,000.", "clients"),
    Column("low", "double", "Lower bound of the estimate, at 95 %.", "clients"),
    Column("high", "double", "Upper bound of the estimate, at 95 %.", "clients"),
    WINDOW_RUN_ID,
)

CLIENT_REACH = Table(
    "client_reach",
    "Clients of each release and operating system by hour, as sketches: their unions over any hours count nobody twice. Restricted: a sketch is "
    "as sensitive as the pings.",
    _REACH_GRAIN,
    (_HOUR_START, *_REACH_COLUMNS),
    "hour_start",
    "day",
    is_restricted=True,
)

CLIENT_REACH_DAYS = Table(
    "client_reach_days",
    "The same by settled day, for good; the hours go after two weeks.",
    _REACH_GRAIN,
    (Column("hour_start", "timestamp", "Midnight at which the day begins, UTC."), *_REACH_COLUMNS),
    "hour_start",
    "day",
    is_restricted=True,
)

LANDED_OBJECT = Struct(
    (
        Column("object_key", "string", "Object below the landing zone."),
        Column("etag", "string", "The store's tag of the object's content; size and time of modification in a local folder."),
        Column("bytes", "long", "Size as stored.", "bytes"),
        Column("modified_at", "timestamp", "When it was last modified."),
        Column("is_late", "boolean", "Modified after the hour was closed."),
    )
)

INGEST_AUDIT = Table(
    "ingest_audit",
    "One row for each hour that was read: lines = accepted + duplicates + rejected, and what the hour's rows were made of.",
    ("hour_start",),
    (
        _HOUR_START,
        Column("mode", "string", "How the hours are read.", values=_words(Mode)),
        Column(
            "status",
            "string",
            "Complete: every table holds the hour's rows. Hours that are being replaced keep their complete row until then.",
            values=_words(HourStatus),
        ),
        Column("is_closed", "boolean", "The edge had closed the hour (_SUCCESS) when it was read."),
        Column("objects", ListOf(LANDED_OBJECT), "The objects that were read."),
        Column("late_objects", "long", "Objects modified after the hour was closed.", "objects"),
        Column("ignored_objects", "long", "Files in the hour's folders that are not ping objects.", "objects"),
        Column("ignored_keys", ListOf("string"), "A few of them that may have been meant as objects, of each folder."),
        Column("lines", "long", "Lines read; the unreadable rest of an object counts as one.", "lines"),
        Column("accepted", "long", "Pings aggregated.", "pings"),
        Column("duplicates", "long", "Pings whose document id had been seen.", "pings"),
        Column("rejected", "long", "Lines rejected.", "lines"),
        Column("rejects_by_reason", CountsByName(), "Rejected lines by reason.", "lines"),
        Column("accepted_by_ping", CountsByName(), "Accepted pings by ping type.", "pings"),
        Column("rows_by_table", CountsByName(), "Rows written to each table.", "rows"),
        Column("code_version", "string", "Version of the code that read the hour."),
        WINDOW_RUN_ID,
        Column("processed_at", "timestamp", "When the hour was read."),
        Column(
            "audit_sequence",
            "long",
            "Sequence number of ingest_audit when the run began to read; of two runs of an hour the later reading stays. NULL in older rows.",
            nullable=True,
        ),
        Column(
            "accepted_less",
            "boolean",
            "The run was told to publish even if its input was less than what it replaced. NULL in older rows.",
            nullable=True,
        ),
        Column(
            "restored_from",
            "string",
            "The run whose rows these are, where restore_window put them back; NULL where the run itself published them.",
            nullable=True,
        ),
    ),
    "hour_start",
    "day",
)

DATA_QUALITY = Table(
    "data_quality",
    "The outcome of each expectation of each run.",
    ("run_key", "attempt", "table_name", "expectation"),
    (
        Column("checked_at", "timestamp", "When the gate ran."),
        Column("run_key", "string", "The run whose staged rows were checked."),
        Column("attempt", "string", "The attempt of the run."),
        Column("window_start", "timestamp", "Start of the run's window."),
        Column("window_end", "timestamp", "End of the run's window, exclusive."),
        Column("mode", "string", "How the hours are read.", values=_words(Mode)),
        Column("table_name", "string", "The table whose rows were checked."),
        Column("expectation", "string", "The expectation, in words that name column and bound."),
        Column("severity", "string", "What its failure means: critical stops publishing, warning does not.", values=_words(Severity)),
        Column("outcome", "string", "error: could not be run; not_applicable: the message says why.", values=_words(Outcome)),
        Column("observed", "string", "The value observed.", nullable=True),
        Column("unexpected_rows", "long", "Rows that break the expectation.", "rows", nullable=True),
        Column("message", "string", "What it means and what to do.", nullable=True),
    ),
    "checked_at",
    "day",
)

_STATE_CHANCE = Struct(
    (
        Column("hours_ahead", "int", "Hours from the look on.", "hours"),
        Column("state", "string", "The state of the release then.", values=_words(State)),
        Column("probability", "double", "Its chance; states without any are left out.", "probability"),
    )
)

_CLIENT_COLUMNS = (
    Column(
        "active_clients",
        "long",
        "Clients that used the release, or crashed with it, in the 24 hours before the look, each once; of the platform, or of all; without "
        "those of hours in which their group had fewer than 20. Told to three digits, in rows of whole platforms and of the release's verdict, from 1,000 active clients on. NULL in older rows, as all below.",
        "clients",
        nullable=True,
    ),
    Column(
        "crashed_clients", "long", "Those of them whose product crashed (population `crashed`), to three digits.", "clients", nullable=True
    ),
    Column(
        "crash_free_users",
        "double",
        "1 - crashed_clients/active_clients. In its first day a release has had less time to crash, and not all usage has come: compare with "
        "usual_crash_free_users, not with older releases.",
        "share",
        nullable=True,
    ),
    Column(
        "crash_free_users_low",
        "double",
        "Lower bound at 95 %, of the sketches and of rounding: nothing else is uncertain, everybody is counted.",
        "share",
        nullable=True,
    ),
    Column("crash_free_users_high", "double", "Upper bound at 95 %, the same way.", "share", nullable=True),
    Column(
        "usual_crash_free_users",
        "double",
        "Median of the past releases that the release is compared with, each at the same age; of those whose week is over.",
        "share",
        nullable=True,
    ),
    Column("usual_crash_free_users_low", "double", "The lowest of these past releases at that age.", "share", nullable=True),
    Column("usual_crash_free_users_high", "double", "The highest of these past releases at that age.", "share", nullable=True),
    Column(
        "channel_active_clients",
        "long",
        "Active clients of all releases of the channel in the same 24 hours, on the same platform, to three digits.",
        "clients",
        nullable=True,
    ),
    Column(
        "adoption_by_people",
        "double",
        "Active clients of the release as a share of the channel's; one who moved within the day is a client of both releases.",
        "share",
        nullable=True,
    ),
)

RELEASE_HEALTH = Table(
    "release_health",
    "Every hourly look at every cell of every release: counts, posterior, verdict. Each figure of the digest comes from one row.",
    ("as_of", "channel", "release_version", "scope", "platform", "stratum", "measure"),
    (
        Column("as_of", "timestamp", "End of the last hour that the look knows of."),
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        Column(
            "scope",
            "string",
            "What the row is of: the verdict over all cells, a platform since release, the last 24 hours, or a part against its rest.",
            values=_words(Scope),
        ),
        Column("platform", "string", "Operating system, or `all`."),
        Column("stratum", "string", "Stratum, or `all`."),
        Column(
            "measure",
            "string",
            "Scored measure, or `all` in the release's row.",
            values=("all", *(measure.name for measure in SCORED_MEASURES)),
        ),
        Column("age_hours", "double", "Hours since release.", "hours"),
        Column("observed_crashes", "double", "Crashes received, as they came.", "crashes", nullable=True),
        Column("usage_hours", "double", "Usage hours received.", "hours", nullable=True),
        Column("delayed_crashes", "double", "Crashes received, each delayed as usage hours are (O).", "crashes", nullable=True),
        Column(
            "delayed_crashes_squared_weights",
            "double",
            "The same with squared weights (Q): the variance of the count.",
            "crashes",
            nullable=True,
        ),
        Column(
            "expected_crashes",
            "double",
            "What the baseline releases would have had at this age and adoption (E).",
            "crashes",
            nullable=True,
        ),
        Column("effective_crashes", "double", "Delayed crashes by their variance-to-mean ratio (N).", "crashes", nullable=True),
        Column("overdispersion", "double", "Variance-to-mean ratio of hourly counts (phi).", nullable=True),
        Column(
            "transient_variance",
            "double",
            "Variance of log observed/expected at this age in healthy releases (omega squared).",
            nullable=True,
        ),
        Column(
            "between_release_scale", "double", "Scale of the predictive t distribution of a healthy release's log ratio (s).", nullable=True
        ),
        Column("degrees_of_freedom", "double", "Its degrees of freedom (nu).", nullable=True),
        Column("acceptable_ratio", "double", "The highest acceptable rate ratio (A).", "ratio", nullable=True),
        Column(
            "ratio",
            "double",
            "Rate ratio to the baseline releases: exp of the posterior mean of its logarithm.",
            "ratio",
            nullable=True,
        ),
        Column("ratio_low", "double", "Lower end of its 90 % interval.", "ratio", nullable=True),
        Column("ratio_high", "double", "Upper end of its 90 % interval.", "ratio", nullable=True),
        Column("posterior_sd", "double", "Posterior standard deviation of the log ratio.", nullable=True),
        Column("p_unacceptable", "double", "Probability that the ratio exceeds the acceptable one.", "probability", nullable=True),
        Column("p_improved", "double", "Probability that the ratio is below one over the acceptable one.", "probability", nullable=True),
        Column("evidence", "double", "Bayes factor for a regression: an e-value.", nullable=True),
        Column("score", "double", "100 x the probability that the ratio is acceptable.", "points of 100", nullable=True),
        Column("adoption", "double", "Received hours of the release in the last 24 h as a share of its channel's.", "share", nullable=True),
        Column("state", "string", "The verdict (docs/method.md#states).", values=_words(State)),
        Column("since", "timestamp", "The look at which the state began."),
        Column("environment_factor", "double", "Factor by which something outside the release moved its expected crashes.", nullable=True),
        Column("baseline_versions", ListOf("string"), "The releases it was compared with, newest first."),
        Column(
            "notes", ListOf("string"), 'What else a reader should know: codes with parameters, such as `thin_baseline {"releases": 1}`.'
        ),
        Column("audit_sequence", "long", "Sequence number of the ingest_audit snapshot that the look was computed from."),
        Column(
            "expected_excess",
            "double",
            "Posterior mean of what the ratio has above one: crashes beyond the usual as a share of the usual. NULL in older rows, as all below.",
            "ratio",
            nullable=True,
        ),
        Column("unacceptable_excess", "double", "The same, where the ratio is unacceptable alone: 0 elsewhere.", "ratio", nullable=True),
        Column(
            "usual_crashes_per_day",
            "double",
            "What the baseline releases would have had in the last 24 hours; of a younger release, at its pace so far.",
            "crashes",
            nullable=True,
        ),
        Column(
            "excess_crashes",
            "double",
            "Of the crashes received, those beyond the usual: observed x (1 - 1/ratio). Below 0 where there were fewer.",
            "crashes beyond the usual",
            nullable=True,
        ),
        Column("excess_crashes_low", "double", "Lower end of its 90 % interval.", "crashes beyond the usual", nullable=True),
        Column("excess_crashes_high", "double", "Upper end of its 90 % interval.", "crashes beyond the usual", nullable=True),
        Column(
            "planned_growth",
            "double",
            "In the release's row, where the steps of its rollout are declared: users of the next 24 hours over those of the last 24.",
            "times",
            nullable=True,
        ),
        Column("next_step_share", "double", "Share of the channel that the next declared step gives it to.", "share", nullable=True),
        Column("next_step_at", "timestamp", "When that step is planned.", nullable=True),
        Column(
            "state_chances",
            ListOf(_STATE_CHANCE),
            "In the release's row while it is undecided: chances of each state 6, 12, 24 and 72 hours on, from drawn futures.",
            nullable=True,
        ),
        Column("verdict_hours_low", "double", "Lower end of the 80 % interval of verdict_hours.", "hours", nullable=True),
        Column(
            "verdict_hours",
            "double",
            "Median of the hours from the look until an undecided release is regressed, healthy or improved; NULL where that is more than three "
            "days or beyond its week.",
            "hours",
            nullable=True,
        ),
        Column("verdict_hours_high", "double", "Upper end of the 80 % interval; NULL as above.", "hours", nullable=True),
        Column(
            "advice",
            "string",
            "In the release's row, of its rollout. It is advice: nothing here changes a rollout.",
            nullable=True,
            values=_words(Action),
        ),
        Column(
            "advice_reason",
            "string",
            "Why (docs/rollouts.md).",
            nullable=True,
            values=_words(Reason),
        ),
        Column(
            "going_loss",
            "double",
            "Expected loss of widening the rollout now: unacceptable excess x hours until more is known and a fix is out, in crashes that the "
            "users to be given it usually have in an hour.",
            "hours of usual crashes",
            nullable=True,
        ),
        Column(
            "waiting_loss",
            "double",
            "What waiting until more is known costs them, in the same unit.",
            "hours of usual crashes",
            nullable=True,
        ),
        *_CLIENT_COLUMNS,
    ),
    "as_of",
    "day",
    found_by=("age_hours",),  # the looks that end a week, in a year of others
)

EXPERIMENT_HEALTH = Table(
    "experiment_health",
    "Every hourly look at every branch of every experiment, against the experiment's other branches together, from a Monday's midnight on.",
    ("as_of", "channel", "experiment", "branch", "platform", "measure"),
    (
        Column("as_of", "timestamp", "End of the last hour that the look knows of."),
        _DIMENSION["channel"],
        Column("experiment", "string", "Experiment id, as the client gave it."),
        Column("branch", "string", "Branch of the experiment, as the client gave it."),
        Column("platform", "string", "Operating system, or `all`."),
        Column("measure", "string", "A measure that decides the state of releases.", values=CRITICAL_MEASURES),
        Column("started_at", "timestamp", "Hours from here on are compared: the same start for three to ten days of looks."),
        Column("branch_crashes", "double", "Crashes of the branch since then.", "crashes"),
        Column("rest_crashes", "double", "Crashes of the experiment's other branches.", "crashes"),
        Column("branch_usage_hours", "double", "Usage hours of the branch.", "hours"),
        Column("rest_usage_hours", "double", "Usage hours of the other branches.", "hours"),
        Column("ratio", "double", "Crash rate of the branch over that of the others.", "ratio"),
        Column("ratio_low", "double", "Lower end of its 90 % interval.", "ratio"),
        Column("ratio_high", "double", "Upper end of its 90 % interval.", "ratio"),
        Column("evidence", "double", "E-value that the rates differ, valid however often one looks."),
        Column("alarm_at", "double", "From this e-value on the branch is to blame: 100 x the number of comparisons of the look."),
        Column("share_evidence", "double", "Evidence that a branch's share of the usage hours has drifted since its first day."),
        Column(
            "state",
            "string",
            "Whether it is to blame; listed: on the e-BH list of the look; not_judged: the shares of the usage hours have drifted.",
            values=_words(ExperimentState),
        ),
        Column("guilty_since", "timestamp", "The look from which on it has been guilty; NULL in other states.", nullable=True),
        Column("audit_sequence", "long", "Sequence number of the ingest_audit snapshot that the look was computed from."),
    ),
    "as_of",
    "day",
)

BUILD_HEALTH = Table(
    "build_health",
    "The builds of releases that are watched or regressed, at each such look, on channels that declare their builds: with which it began.",
    ("as_of", "channel", "release_version", "build_id"),
    (
        Column("as_of", "timestamp", "End of the last hour that the look knows of."),
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        Column(
            "build_id", "string", "Time of the build as YYYYMMDDhhmmss; builds with less than 1/200 of the release's hours are left out."
        ),
        Column("platform", "string", "Of the cell that the release's verdict is told from: operating system, or `all`."),
        Column("measure", "string", "Of the same cell."),
        Column("observed_crashes", "double", "Crashes of the build received, as they came.", "crashes"),
        Column("usage_hours", "double", "Usage hours of the build received.", "hours"),
        Column("delayed_crashes", "double", "Crashes received, each delayed as usage hours are.", "crashes"),
        Column(
            "expected_crashes", "double", "The release's expected crashes, in each hour by the build's share of the usage hours.", "crashes"
        ),
        Column("p_first_bad", "double", "Probability that it is the first bad build.", "probability"),
        Column("p_change", "double", "Probability that the release turned bad with one of its builds: their sum.", "probability"),
        Column("is_suspect", "boolean", "It is one of the fewest builds that hold 90 % of a p_change of at least .95."),
        Column("audit_sequence", "long", "Sequence number of the ingest_audit snapshot that the look was computed from."),
    ),
    "as_of",
    "day",
)

LATER_HEALTH = Table(
    "later_health",
    "Every hourly look at releases that are older than a week and still have users: their last 24 hours against their own three weeks before.",
    ("as_of", "channel", "release_version", "platform", "measure"),
    (
        Column("as_of", "timestamp", "End of the last hour that the look knows of."),
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        Column("platform", "string", "Operating system, or `all` for all together; NULL in rows of before it was declared: all."),
        Column("measure", "string", "A measure that decides the state of releases.", values=CRITICAL_MEASURES),
        Column("age_hours", "double", "Hours from the release to as_of.", "hours"),
        Column("adoption", "double", "Its share of the channel's usage hours of the last 24 hours, on the platform.", "share"),
        Column("observed_crashes", "double", "Crashes received in the last 24 hours.", "crashes"),
        Column("usage_hours", "double", "Usage hours received in the last 24 hours.", "hours"),
        Column("delayed_crashes", "double", "The crashes, each delayed as usage hours are.", "crashes", nullable=True),
        Column(
            "expected_crashes",
            "double",
            "The usage hours at the rate of its median day of the three weeks before.",
            "crashes",
            nullable=True,
        ),
        Column("day_to_day_scale", "double", "What its days differ by beyond chance (sd of the log rate).", "log ratio", nullable=True),
        Column("acceptable_ratio", "double", "Up to this ratio it is not worse.", "ratio", nullable=True),
        Column("ratio", "double", "Rate of the last 24 hours over that of its median day (posterior).", "ratio", nullable=True),
        Column("ratio_low", "double", "Lower end of its 90 % interval.", "ratio", nullable=True),
        Column("ratio_high", "double", "Upper end of its 90 % interval.", "ratio", nullable=True),
        Column("p_unacceptable", "double", "Probability that the ratio is above the acceptable one.", "probability", nullable=True),
        Column(
            "state",
            "string",
            "Whether it is worse; not_judged: hours are missing, or users come or go too fast.",
            values=_words(LaterState),
        ),
        Column("worse_since", "timestamp", "The look from which on it has been worse; NULL in other states.", nullable=True),
        Column("audit_sequence", "long", "Sequence number of the ingest_audit snapshot that the look was computed from."),
    ),
    "as_of",
    "day",
)

TOLD_BESIDE: tuple[Table, ...] = (EXPERIMENT_HEALTH, BUILD_HEALTH, LATER_HEALTH)
"""Tables of looks that are staged, gated and published with release_health."""

RELEASE_REVIEWS = Table(
    "release_reviews",
    "What a person said of a release. The latest row of a release holds; a confirmed regression leaves the baselines of later releases.",
    ("channel", "release_version", "reviewed_at"),
    (
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        Column("reviewed_at", "timestamp", "When it was said."),
        Column("reviewed_by", "string", "Who said it."),
        Column("verdict", "string", "A regression, a false alarm, or neither.", values=_words(ReviewVerdict)),
        Column("muted_until", "timestamp", "The release raises no alarm before then.", nullable=True),
        Column("note", "string", "Why, for whoever reads the digest.", nullable=True),
    ),
    "reviewed_at",
    "day",
)

CHANNEL_DAYS = Table(
    "channel_days",
    "What scoring keeps of each day of release_totals, so that no run has to read it again: made from it, and made anew when its hours change.",
    ("day_start", "series", "channel", "name", "platform"),
    (
        Column("day_start", "timestamp", "Start of the day, UTC."),
        Column("series", "string", "version or platform (sums of release_totals), or day (which runs they rest on)."),
        Column("channel", "string", "Channel of the pings; empty in the row of the day."),
        Column("name", "string", "The release version, or the operating system; empty in the row of the day."),
        Column(
            "platform",
            "string",
            "In rows of a version on one operating system, which; NULL: on all, and in all rows of before it was declared. Versions with less than a "
            "hundredth of their channel's usage hours of the day have no such rows.",
            nullable=True,
        ),
        Column("usage_hours", ListOf("double"), "Usage hours received in each hour of the day.", "hours"),
        Column("crash_pings", ListOf("double"), "Crash pings received in each hour of the day.", "pings"),
        *(Column(name, ListOf("double"), f"{name} received in each hour of the day.", "crashes") for name in CRITICAL_MEASURES),
        Column("window_run_ids", ListOf("string"), "In the row of the day: the run that completed each hour; empty where none has."),
        Column("audit_files", "string", "In the row of the day: a digest of the names of its files of ingest_audit."),
    ),
    "day_start",
    "month",
)

RELEASE_RECORDS = Table(
    "release_records",
    "What a finished release contributes to the scores of later ones, so that no run has to read its hours again: made from release_totals and "
    "usage_delays, and made anew when their hours change.",
    ("channel", "release_version", "released_at", "series", *(column.name for column in STRATUM_COLUMNS)),
    (
        Column("released_at", "timestamp", "Start of the hour in which it was released."),
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        Column(
            "series",
            "string",
            "own (its first week, from released_at), previous (the version before it, from 72 hours before), clients (its own week: not crashes, but "
            "clients that crash for the first time on their day), delays (how late usage came), reach (of its people) or release (one row, with what "
            "the others rest on).",
        ),
        Column("os_name", "string", "Operating system; `all` for all together, empty in the row of the release."),
        *(
            Column(column.name, "string", "As in release_totals; empty where it is unknown, or all are taken together.")
            for column in STRATUM_COLUMNS
            if column.name != "os_name"
        ),
        Column("usage_hours", ListOf("double"), "Usage hours received in each hour; NaN where no ping came.", "hours"),
        *(
            [Column("updates", ListOf("double"), "Updates to the version in each hour; NaN where no ping carried them.", "updates")]
            if HAS_UPDATES
            else []
        ),
        *(Column(m.name, ListOf("double"), f"{m.label} in each hour; NaN where no ping carried them.", m.unit) for m in SCORED_MEASURES),
        Column("share_by_delay", ListOf("double"), "Share of the usage hours that came so many hours after use."),
        Column(
            "crash_free_users",
            ListOf("double"),
            "Crash-free users of the 24 hours before each hour of age, as release_health has them; NaN where they are not known.",
            nullable=True,
        ),
        Column("rests_on", "string", "Digest of the runs that completed the hours it was made from, and of how it was made."),
    ),
    "released_at",
    "month",
)

BUILD_DAYS = Table(
    "build_days",
    "What scoring keeps of the builds of releases that were watched or regressed, so that no run has to read their hours again: made from "
    "error_aggregates, and made anew when their hours change.",
    ("day_start", "channel", "release_version", "build_id", "os_name"),
    (
        Column("day_start", "timestamp", "Start of the day, UTC."),
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        Column("build_id", "string", "Time of the build; empty where it is unknown, and in the row of the day."),
        Column("os_name", "string", "Operating system; empty in the row of the day, which has no figures."),
        Column("usage_hours", ListOf("double"), "Usage hours received in each hour of the day.", "hours"),
        *(Column(m.name, ListOf("double"), f"{m.label} in each hour of the day.", m.unit) for m in SCORED_MEASURES),
        Column("window_run_ids", ListOf("string"), "In the row of the day: the run that completed each hour; empty where none has."),
    ),
    "day_start",
    "month",
)

RELEASE_OUTCOMES = Table(
    "release_outcomes",
    "What a finished release's least scores were worth, so that no run has to score it again: computed from release_records and channel_days, "
    "and computed anew when these change.",
    ("channel", "release_version", "released_at"),
    (
        Column("released_at", "timestamp", "Start of the hour in which it was released."),
        _DIMENSION["channel"],
        _DIMENSION["release_version"],
        Column(
            "ages_hours",
            ListOf("int"),
            "Ages that scores were looked up at; empty for a release that nothing could be compared with.",
            "hours",
        ),
        Column("least_scores", ListOf("double"), "The least critical score at each of these ages."),
        Column("was_acceptable", "boolean", "All its critical cells were acceptable, by the fourth to seventh day."),
        Column("rests_on", "string", "Digest of what it was computed from, the policy and the code."),
    ),
    "released_at",
    "month",
)

WINDOW_TABLES: tuple[Table, ...] = (
    ERROR_AGGREGATES,
    EXPERIMENT_ERROR_AGGREGATES,
    RELEASE_TOTALS,
    USAGE_DELAYS,
    CLIENT_REACH,
    CLIENT_REACH_DAYS,
    REJECTED_PINGS,
)
"""What one run replaces for its window, besides the audit rows."""

TABLES: tuple[Table, ...] = (
    *WINDOW_TABLES,
    INGEST_AUDIT,
    DATA_QUALITY,
    RELEASE_HEALTH,
    EXPERIMENT_HEALTH,
    BUILD_HEALTH,
    LATER_HEALTH,
    RELEASE_REVIEWS,
    CHANNEL_DAYS,
    RELEASE_RECORDS,
    BUILD_DAYS,
    RELEASE_OUTCOMES,
)
