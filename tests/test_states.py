"""Every state that scoring may write is known wherever one is told: a new one fails here, not in the digest at night."""

import pytest

from jobs.declarations.states import Action, ExperimentState, Outcome, Reason, ReviewVerdict, Scope, Severity, State
from jobs.declarations.tables import DATA_QUALITY, EXPERIMENT_HEALTH, RELEASE_HEALTH, RELEASE_REVIEWS, Table
from jobs.deployment.settings import ROOT
from jobs.digest.decisions.release_decisions import WORST_FIRST
from jobs.digest.wording.verdict_words import MARKS, state_words
from jobs.scoring.looks.release_verdict import WORST_FIRST as DECIDING_FIRST
from jobs.verdicts.health_notes import NoteCode


@pytest.mark.parametrize("order", [MARKS, WORST_FIRST, DECIDING_FIRST], ids=["marks", "attention", "decision"])
def test_each_state_has_its_mark_and_its_place(order) -> None:
    assert sorted(order) == sorted(State)


@pytest.mark.parametrize("state", State)
def test_a_state_is_told_in_words(state: State) -> None:
    assert "_" not in state_words(state)


def test_the_client_of_the_page_knows_every_state() -> None:
    style = (ROOT / "page" / "client.css").read_text()
    assert not [state for state in State if f".{state}" not in style]


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        (RELEASE_HEALTH, "state", State),
        (RELEASE_HEALTH, "scope", Scope),
        (RELEASE_HEALTH, "advice", Action),
        (RELEASE_HEALTH, "advice_reason", Reason),
        (EXPERIMENT_HEALTH, "state", ExperimentState),
        (RELEASE_REVIEWS, "verdict", ReviewVerdict),
        (DATA_QUALITY, "severity", Severity),
        (DATA_QUALITY, "outcome", Outcome),
    ],
)
def test_a_column_holds_the_declared_words(table: Table, column: str, words: type) -> None:
    [declared] = [each for each in table.columns if each.name == column]
    assert declared.values == tuple(word.value for word in words)


def test_codes_of_notes_stay_what_tables_hold() -> None:
    """Rows of years name them: a code may be added, none renamed."""
    held = (
        "decided_by no_baseline thin_baseline proxy environment holdback unseen_users listed incomplete_hours no_event silent_measure few_usage_hours "
        "many_usage_hours few_crash_pings few_crash_reports lost_updates fallen_usage changed_delays prose"
    )
    assert set(held.split()) <= {code.value for code in NoteCode}
