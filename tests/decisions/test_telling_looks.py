"""Of all looks at releases those are kept that their record rests on."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.decisions.telling_looks import telling_looks
from jobs.decisions.track_record import VerdictLook, track_records
from jobs.declarations.states import State

RELEASED = datetime(2026, 11, 1, 5, tzinfo=UTC)
STATES = st.sampled_from([State.TOO_EARLY, State.WATCH, State.REGRESSED, State.HEALTHY])


def life(version: str, told: list[tuple[State, bool]], hours_each: int) -> list[VerdictLook]:
    return [
        VerdictLook(
            channel="beta",
            release_version=version,
            as_of=RELEASED + timedelta(hours=hours_each * number),
            age_hours=float(hours_each * number),
            state=state,
            score=float(number),
            advice="go" if is_go else "hold",
        )
        for number, (state, is_go) in enumerate(told)
    ]


LIVES = st.lists(st.tuples(st.lists(st.tuples(STATES, st.booleans()), min_size=1, max_size=40), st.sampled_from([1, 5, 12])), max_size=3)


@given(LIVES, st.dictionaries(st.sampled_from(["0", "1", "2"]), st.sampled_from(["confirmed", "dismissed"])))
def test_the_record_of_few_looks_is_that_of_all_also_where_each_day_is_reduced_by_itself(lives, said) -> None:
    looks = [look for number, (told, hours_each) in enumerate(lives) for look in life(str(number), told, hours_each)]
    answers = {("beta", version): verdict for version, verdict in said.items()}
    days: dict[str, list[VerdictLook]] = {}
    for look in looks:
        days.setdefault(f"{look.as_of:%Y-%m-%d}", []).append(look)
    by_day = telling_looks([look for of_day in days.values() for look in telling_looks(of_day)])
    assert telling_looks(looks) == by_day
    assert track_records(by_day, answers) == track_records(looks, answers)


def test_a_quiet_week_is_few_looks() -> None:
    """Its first, the first after a day, the first healthy one, the last."""
    looks = life("57.0", [(State.TOO_EARLY, False)] * 30 + [(State.HEALTHY, False)] * 139, 1)
    assert [look.age_hours for look in telling_looks(looks)] == [0, 24, 30, 168]
