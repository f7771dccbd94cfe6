"""The looks at releases that their track record rests on: few of many, so that a year of them is soon read. Pure."""

from collections.abc import Iterable, Sequence

from jobs.decisions.track_record import DAY_ONE_HOURS, VerdictLook
from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.states import Action


def telling_looks(looks: Iterable[VerdictLook]) -> list[VerdictLook]:
    """Those without which the record of the releases would be another one, oldest first.

    Taken of the looks of each day, and again of these together, they are the same.
    """
    lives: dict[tuple[str, str], list[VerdictLook]] = {}
    for look in sorted(looks, key=lambda look: look.as_of):
        lives.setdefault((look.channel, look.release_version), []).append(look)
    return sorted((look for life in lives.values() for look in _of_life(life)), key=lambda look: (look.as_of, look.channel))


def _of_life(life: Sequence[VerdictLook]) -> list[VerdictLook]:
    """Where a state begins, the first *go*, the first after a day, and the last one of a week that is over."""
    first_go = next((look for look in life if look.advice == Action.GO), None)
    day_one = next((look for look in life if look.age_hours >= DAY_ONE_HOURS), None)
    week_end = life[-1] if life[-1].age_hours >= HORIZON_HOURS else None
    told = (first_go, day_one, week_end)
    before = [None, *life[:-1]]
    return [
        look
        for look, earlier in zip(life, before, strict=True)
        if earlier is None or look.state is not earlier.state or any(look is one for one in told)
    ]
