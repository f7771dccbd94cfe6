"""The states and special cases that a digest has words for, each as the facts of one hour."""

from datetime import time, timedelta

from jobs.decisions.track_record import ToldShare, TrackRecord
from jobs.declarations.windows import Mode, Window
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.decisions.release_decisions import decide
from jobs.digest.facts.digest_facts import DigestFacts
from jobs.digest.messages.alert_messages import alert_message, change_message, said_of
from jobs.digest.messages.channel_messages import summary_message
from jobs.digest.messages.outgoing_message import OutgoingMessage
from jobs.verdicts.health_cells import StateChance
from jobs.verdicts.health_notes import Note, NoteCode
from tests.digest.facts_factory import (
    NOON,
    PEOPLE,
    HourCondition,
    State,
    a_cell,
    a_failed_expectation,
    a_guilty_branch,
    a_regressed_cell,
    a_release,
    a_release_worse_later,
    a_restatement,
    a_review,
    an_hour,
    an_older_release,
    an_unjudged_branch,
    some_builds,
    some_facts,
)

HOUR = timedelta(hours=1)
_TOO_EARLY = {
    "age_hours": 2.0,
    "observed_crashes": 14.0,
    "usage_hours": 1_210.0,
    "ratio": 1.3,
    "ratio_low": 0.61,
    "ratio_high": 2.8,
    "adoption": 0.006,
}
_COSTS = {
    "expected_excess": 0.52,
    "usual_crashes_per_day": 1_100.0,
    "excess_crashes": 226.0,
    "excess_crashes_low": 141.0,
    "excess_crashes_high": 296.0,
}
_CHANCES = (StateChance(6, State.INCONCLUSIVE, 0.7), StateChance(6, State.HEALTHY, 0.3), StateChance(24, State.HEALTHY, 1.0))
_PEOPLE_BEFORE = {
    "active_clients": 108_000,
    "crashed_clients": 1_230,
    "channel_active_clients": 171_000,
    "adoption_by_people": 0.632,
    "crash_free_users": 1 - 1_230 / 108_000,
}
_USUAL = ("usual_crash_free_users", "usual_crash_free_users_low", "usual_crash_free_users_high")
_SOON = {"verdict_hours_low": 5.0, "verdict_hours": 7.0, "verdict_hours_high": 9.0, "state_chances": _CHANCES}
_MAYBE = {"verdict_hours_low": 11.0, "verdict_hours": 30.0, "state_chances": _CHANCES}
_NOT_SOON = {"state_chances": _CHANCES}
_BY_ALL = Note(NoteCode.DECIDED_BY, {"scope": "platform", "platform": "all", "stratum": "all", "measure": "main_crashes_capped"})
_FEW_HOURS = Note(NoteCode.FEW_USAGE_HOURS)
_PROXY = Note(NoteCode.PROXY, {"instead_of_baselines": "channel_before"})
_THIN = Note(NoteCode.THIN_BASELINE, {"releases": 1})
_MILD = {"ratio": 1.33, "ratio_low": 1.08, "ratio_high": 1.64, "delayed_crashes": 548.0}


def a_regressed_release(**more):
    everywhere = a_cell(
        State.WATCH,
        ratio=1.31,
        ratio_low=1.1,
        ratio_high=1.55,
        p_unacceptable=0.7,
        score=30.0,
        observed_crashes=921.0,
        delayed_crashes=901.0,
    )
    mac_figures = {"observed_crashes": 44.0, "usage_hours": 17_800.0, "delayed_crashes": 41.0, "expected_crashes": 45.0}
    content = a_cell(
        measure="content_crashes_capped",
        score=91.0,
        p_unacceptable=0.09,
        observed_crashes=1_211.0,
        ratio=1.04,
        ratio_low=0.9,
        ratio_high=1.2,
    )
    mac = a_cell(platform="Darwin", ratio=0.91, ratio_low=0.7, ratio_high=1.18, **mac_figures)
    group = a_regressed_cell(
        scope="stratum", stratum="Windows_NT / 10 / x86-64 / western_europe", state=State.WATCH, p_unacceptable=0.88, observed_crashes=212.0
    )
    before = a_regressed_cell(as_of=NOON - HOUR, ratio=1.41, ratio_low=1.16, ratio_high=1.71)
    cells = (everywhere, a_regressed_cell(), mac, content, group)
    return a_release(State.REGRESSED, cells, cells_before=(before,), **({"score": 1.5} | more))


def a_locally_regressed_release(**more):
    """Only a group of users crashes more; the platform that they are on is called regressed for it."""
    everywhere = a_cell(State.REGRESSED, ratio=1.06, ratio_low=0.94, ratio_high=1.2, p_unacceptable=0.03, score=97.0)
    figures = {"observed_crashes": 161.0, "delayed_crashes": 152.0, "expected_crashes": 71.0, "ratio": 2.1, "ratio_low": 1.72}
    group = a_regressed_cell(
        scope="stratum", platform="all", stratum="Windows_NT / 6 / x86 / other", ratio_high=2.56, acceptable_ratio=1.35, **figures
    )
    return a_release(State.REGRESSED, (everywhere, group), **({"score": 97.0} | more))


CASES: dict[str, DigestFacts] = {
    "healthy": some_facts(a_release(), an_older_release()),
    "healthy_go": some_facts(a_release(advice="go", adoption=0.24, usual_crashes_per_day=900.0, expected_excess=0.02), an_older_release()),
    "experiment_to_blame": some_facts(a_release(advice="go"), an_older_release(), experiments=(a_guilty_branch(), an_unjudged_branch())),
    "regressed_and_an_experiment_to_blame": some_facts(
        a_regressed_release(), an_older_release(), experiments=(a_guilty_branch(), a_guilty_branch(platform="Windows_NT", evidence=1e9))
    ),
    "worse_after_its_week": some_facts(
        a_release(advice="go"),
        an_older_release(),
        worse_later=(
            a_release_worse_later(measure="content_crashes_capped", ratio=2.1),
            a_release_worse_later(platform="Windows_NT", ratio=1.9, delayed_crashes=700.0, expected_crashes=390.0),
            a_release_worse_later(),
        ),
    ),
    "worse_on_one_platform_after_its_week": some_facts(
        a_release(advice="go"),
        an_older_release(),
        worse_later=(
            a_release_worse_later(release_version="56.0b9", adoption=0.5, delayed_crashes=520.0),
            a_release_worse_later(
                platform="Darwin", adoption=0.28, ratio=2.1, ratio_low=1.9, ratio_high=2.3, delayed_crashes=240.0, expected_crashes=110.0
            ),
        ),
    ),
    "healthy_of_people": some_facts(a_release(**PEOPLE | {"crash_free_users": 0.9893}), an_older_release(**_PEOPLE_BEFORE)),
    "regressed_of_people": some_facts(
        a_regressed_release(**_COSTS, **PEOPLE), an_older_release(**_PEOPLE_BEFORE), an_older_release(version="56.0", age_hours=167.0)
    ),
    "young_without_a_usual": some_facts(
        a_release(
            State.INCONCLUSIVE,
            score=83.0,
            p_unacceptable=0.17,
            **PEOPLE | dict.fromkeys(_USUAL),
            baseline_versions=("57.0b7",),
            notes=(_THIN,),
        )
    ),
    "fewer_than_a_thousand_people": some_facts(
        a_release(State.TOO_EARLY, score=71.0, **_TOO_EARLY, adoption_by_people=0.004, channel_active_clients=171_000), an_older_release()
    ),
    "data_problem_of_people": some_facts(a_release(State.DATA_PROBLEM, notes=(_BY_ALL, _FEW_HOURS), **PEOPLE)),
    "improved": some_facts(a_release(State.IMPROVED, ratio=0.71, ratio_low=0.6, ratio_high=0.84, p_unacceptable=0.0), an_older_release()),
    "regressed": some_facts(a_regressed_release(**_COSTS), an_older_release()),
    "regressed_and_dismissed": some_facts(a_regressed_release(review=a_review()), an_older_release()),
    "regressed_and_confirmed": some_facts(a_regressed_release(review=a_review("confirmed", note=None)), an_older_release()),
    "regressed_older_release": some_facts(
        a_release(State.TOO_EARLY, score=71.0, **_TOO_EARLY),
        an_older_release(State.REGRESSED, cells=(a_regressed_cell(release_version="57.0b7"),), score=1.5),
    ),
    "late_onset": some_facts(
        a_release(
            State.REGRESSED,
            (
                a_cell(State.REGRESSED),  # a platform is called regressed for its last 24 hours, whatever its own figures
                a_regressed_cell(
                    scope="trailing",
                    platform="all",
                    observed_crashes=211.0,
                    delayed_crashes=198.0,
                    expected_crashes=104.0,
                ),
            ),
            score=99.0,
            age_hours=96.0,
        ),
    ),
    "local_stratum": some_facts(a_locally_regressed_release(), an_older_release()),
    "regressed_and_muted": some_facts(
        a_regressed_release(review=a_review("open", muted_until=NOON + 20 * HOUR, note="Bisecting.")), an_older_release()
    ),
    "regressed_by_holdback": some_facts(
        a_release(
            State.REGRESSED,
            (a_cell(State.REGRESSED, ratio=1.11, ratio_low=0.97, ratio_high=1.27, p_unacceptable=0.06),),
            score=94.0,
            notes=(_BY_ALL, Note(NoteCode.HOLDBACK, {"evidence": 152.0, "alarm_at": 100})),
        ),
        an_older_release(),
    ),
    "watch": some_facts(
        a_release(State.WATCH, (a_regressed_cell(state=State.WATCH, p_unacceptable=0.7, **_MILD),), score=30.0, **_COSTS, **_MAYBE),
        an_older_release(),
    ),
    "too_early": some_facts(a_release(State.TOO_EARLY, score=71.0, **_TOO_EARLY, **_SOON, advice="hold"), an_older_release()),
    "inconclusive": some_facts(
        a_release(
            State.INCONCLUSIVE, score=83.0, ratio=1.12, ratio_low=0.92, ratio_high=1.36, p_unacceptable=0.17, **_NOT_SOON, advice="go"
        ),
        an_older_release(),
    ),
    "no_baseline": some_facts(
        a_release(
            State.NO_BASELINE,
            ratio=None,
            expected_crashes=None,
            delayed_crashes=None,
            score=None,
            baseline_versions=(),
            notes=(Note(NoteCode.NO_BASELINE),),
        )
    ),
    "thin_baseline": some_facts(
        a_release(
            State.WATCH,
            (a_regressed_cell(state=State.WATCH, p_unacceptable=0.7, baseline_versions=("57.0b7",), **_MILD),),
            score=30.0,
            baseline_versions=("57.0b7",),
            notes=(_THIN,),
        )
    ),
    "first_baseline": some_facts(
        a_release(
            channel="release",
            release_version="57.0",
            baseline_versions=("57.0",),
            notes=(_BY_ALL, _PROXY, _THIN),
            cells=(a_cell(channel="release", release_version="57.0", baseline_versions=("57.0",), notes=(_PROXY, _THIN)),),
        ),
        channel="release",
    ),
    "data_problem": some_facts(
        a_release(State.DATA_PROBLEM, notes=(_BY_ALL, _FEW_HOURS)), an_older_release(State.DATA_PROBLEM, notes=(_BY_ALL, _FEW_HOURS))
    ),
    "environment_shock": some_facts(
        a_release(
            State.INCONCLUSIVE,
            (a_cell(State.INCONCLUSIVE, ratio=1.14, ratio_low=0.93, ratio_high=1.4, environment_factor=1.58),),
            score=79.0,
            environment_factor=1.58,
            notes=(Note(NoteCode.ENVIRONMENT),),
        ),
        an_older_release(),
    ),
    "silent_measure": some_facts(
        a_release(cells=(a_cell(), a_cell(State.DATA_PROBLEM, measure="gpu_crashes", notes=(Note(NoteCode.SILENT_MEASURE),)))),
        an_older_release(),
    ),
    "gate_failed": some_facts(
        a_release(State.WATCH, (a_regressed_cell(state=State.WATCH, p_unacceptable=0.7, **_MILD),), as_of=NOON - HOUR, score=30.0),
        failed_expectations=(a_failed_expectation(),),
        hours=(an_hour(HourCondition.GATE_FAILED),),
        places={"Staged rows": "s3://lake/staging/0123456789abcdef", "Data Docs": "s3://lake/data_docs/index.html"},
    ),
    "score_gate_failed": some_facts(
        a_release(as_of=NOON - HOUR),
        failed_expectations=(
            a_failed_expectation(
                table_name="release_health",
                expectation="score is between 0 and 100",
                observed="104.2",
                message="A score is a chance in per cent.",
            ),
        ),
    ),
    "never_closed": some_facts(a_release(as_of=NOON - HOUR), hours=(an_hour(HourCondition.NOT_CLOSED),)),
    "not_finished": some_facts(a_release(as_of=NOON - HOUR), hours=(an_hour(HourCondition.NOT_FINISHED),)),
    "not_scored": some_facts(a_release(as_of=NOON - HOUR)),
    "no_pings": some_facts(a_release(as_of=NOON - HOUR), hours=(an_hour(HourCondition.EMPTY),)),
    "nothing_yet": some_facts(channel="all", hours=(an_hour(HourCondition.NOT_CLOSED),)),
    "incomplete_day_settled": some_facts(
        a_release(),
        mode=Mode.SETTLED,
        window_start=NOON.replace(hour=0),
        window_end=NOON,
        hours=tuple(
            an_hour(HourCondition.INCOMPLETE if hour == 5 else HourCondition.COMPLETE, NOON.replace(hour=hour)) for hour in range(12)
        ),
    ),
    "settled_with_restatement": some_facts(
        a_release(), an_older_release(), mode=Mode.SETTLED, restatements=(a_restatement(),), hours=(an_hour(late_objects=2),)
    ),
    "warnings": some_facts(
        a_release(),
        an_older_release(),
        failed_expectations=(
            a_failed_expectation(
                "warning", expectation="rejected share is as in the last weeks", observed="0.9 % against 0.2 %", message=None
            ),
            a_failed_expectation(
                "warning", expectation="newest release of the calendar is seen", observed=None, outcome="error", message=None
            ),
        ),
        data_label="simulated data",
    ),
    "many_releases": some_facts(
        a_regressed_release(),
        *(an_older_release(version=f"56.0.{number}", age_hours=200.0 + number) for number in range(9)),
        *(
            an_older_release(State.WATCH, version=f"55.0.{number}", age_hours=300.0 + number, score=30.0, p_unacceptable=0.7, **_MILD)
            for number in range(5)
        ),
    ),
}

_SUCCESSOR = a_release(State.TOO_EARLY, release_version="57.0b9", score=71.0, **_TOO_EARLY)
_A_WEEK_OLD = {"age_hours": 168.0, "adoption": 0.61}
_RECORD = TrackRecord("beta", 52, 9, 1, ToldShare(7, 8), ToldShare(7, 8), 14.0, {}, {}, 20.0, 0)
CASES |= {
    "all_healthy_on_a_monday": some_facts(a_release(), an_older_release(), track_record=_RECORD),
    "regressed_on_a_monday": some_facts(a_regressed_release(), track_record=_RECORD),
    "regressed_with_a_build": some_facts(a_regressed_release(), builds=some_builds(3)),
    "regressed_with_one_of_three_builds": some_facts(a_regressed_release(), builds=some_builds(2, 3, 4)),
    "regressed_and_mostly_out": some_facts(a_regressed_release(adoption=0.61)),
    "regressed_and_succeeded": some_facts(a_regressed_release(adoption=0.61, age_hours=120.0), _SUCCESSOR),
    "confirmed_and_healthy_now": some_facts(a_release(review=a_review("confirmed", note=None)), an_older_release()),
    "healthy_for_good": some_facts(a_release(as_of=NOON - 30 * HOUR, **_A_WEEK_OLD)),
    "regressed_and_never_answered": some_facts(a_regressed_release(as_of=NOON - 320 * HOUR, since=NOON - 400 * HOUR, **_A_WEEK_OLD)),
    "healthy_beside_a_regression_never_answered": some_facts(
        a_release(),
        a_release(
            State.REGRESSED,
            (a_regressed_cell(release_version="57.0b6", age_hours=168.0),),
            release_version="57.0b6",
            as_of=NOON - 90 * HOUR,
            since=NOON - 100 * HOUR,
            score=1.5,
            **_A_WEEK_OLD,
        ),
    ),
    "regressed_simulated_with_links": some_facts(
        a_regressed_release(),
        data_label="simulated data",
        links={"Runbook": "https://example.org/runbook", "Run in Airflow": "https://airflow.example.org/dags/a/runs/b"},
    ),
}

NIGHT_ROUTE = Route("release-health", mention="S0123456789", mention_from=time(8), mention_to=time(20))
_BETTER = a_release(
    cells=(a_cell(ratio=1.05, ratio_low=0.93, ratio_high=1.18), a_cell(platform="Windows_NT", ratio=1.12, ratio_low=0.97, ratio_high=1.29)),
    as_of=NOON + 6 * HOUR,
)
_WORSE_AGAIN = a_regressed_release(as_of=NOON + 9 * HOUR)
_LATER = some_facts(_BETTER, window_start=NOON + 5 * HOUR, window_end=NOON + 6 * HOUR)

_NINE_DAYS = Window(NOON - 228 * HOUR, NOON - 12 * HOUR, Mode.SETTLED)

SEPARATE_MESSAGES: dict[str, OutgoingMessage] = {
    "change_of_mind": change_message(_LATER, decide(_LATER, _BETTER), NIGHT_ROUTE, said_of(a_regressed_release(), 0)),
    "regressed_again": change_message(_LATER, decide(_LATER, _WORSE_AGAIN), NIGHT_ROUTE, said_of(_BETTER, 1)),
    "alarm_by_night": alert_message(CASES["regressed"], decide(CASES["regressed"], a_regressed_release()), NIGHT_ROUTE, NOON + 15 * HOUR),
    "backfill_summary": summary_message(
        _NINE_DAYS,
        "0123456789abcdef",
        (a_restatement(), a_restatement(release_version="57.0b7", ratio_before=1.31, ratio_now=1.02)),
        "release-health",
        None,
    ),
    "backfill_without_change": summary_message(_NINE_DAYS, "0123456789abcdef", (), "release-health", None),
}
"""Messages that stand by themselves: the answer below an alarm, an alarm while nobody is to be woken, what a backfill says."""
