"""The worlds of the study of weather: faults in the data, and events that a release cannot help."""

from dataclasses import dataclass, field, replace

from simulation.evaluation.plan import CHUNK_HISTORIES, HEALTHY, SHOCK
from simulation.release_world.data_faults import ClientStorm, DataFaults, UsageChange
from simulation.release_world.world import LOCAL_STRATUM, Event, Regression, WeeklyEvent, World

LATE_HOUR = 72
WEATHER_EFFECTS = (
    Regression("1.5x", 1.5),
    Regression("2x", 2.0),
    Regression("local 2x", 2.0, stratum=LOCAL_STRATUM),
    Regression("1.5x from hour 72", 1.5, from_hour=LATE_HOUR),
)
_USUAL = World(baselines=12)
_SECOND_TUESDAY_10_UTC = 34


@dataclass(frozen=True)
class WeatherStudy:
    """Healthy and bad releases of one measure in one world, as the pipeline judges them.

    `has_sound_data`: a data problem would be a mistake. `has_all_crashes`: the crashes arrive, so that bad releases can be found.
    """

    name: str
    world: World
    histories: int
    faults: DataFaults = field(default_factory=DataFaults)
    has_sound_data: bool = True
    has_all_crashes: bool = True
    tests: tuple[Regression, ...] = (*HEALTHY, *WEATHER_EFFECTS)

    @property
    def chunks(self) -> int:
        return -(-self.histories // CHUNK_HISTORIES)

    def histories_in(self, chunk: int) -> int:
        return min(CHUNK_HISTORIES, self.histories - chunk * CHUNK_HISTORIES)


def weather_studies(histories: int) -> list[WeatherStudy]:
    """At 200,000 users with 12 past releases, where nothing else is said; an eighth of the histories, for the worlds are many."""
    few = max(histories // (8 * CHUNK_HISTORIES), 1) * CHUNK_HISTORIES
    return [replace(study, name=f"weather {study.name}", histories=few) for study in (*_faults(), *_events(), *_pasts())]


def _faults() -> list[WeatherStudy]:
    """Of what arrives."""
    late, early = ((0.35, 0.35, 0.30), (0.85, 0.10, 0.05))
    lost = [
        _fault("no update counted from the release on", DataFaults(counted_updates=0.0)),
        _fault("one update in three lost", DataFaults(counted_updates=2 / 3)),
        _fault("half of the past without updates", DataFaults(past_without_updates=0.5), has_sound_data=True),
        _fault("one crash in three reported", DataFaults(reported_crashes=1 / 3), has_all_crashes=False),
        _fault("no crash reported", DataFaults(reported_crashes=0.0), has_all_crashes=False),
        _fault("one usage ping in twenty with a clock that jumped", DataFaults(jumping_clocks=0.05), has_sound_data=True),
        _fault("half of the usage of all versions lost for a day", DataFaults(usage_change=UsageChange(0.5, 30, 24, crashes_follow=False))),
    ]
    storms = [_fault(f"storm of 30 clients, {cap}", DataFaults(storm=ClientStorm(cap=cap))) for cap in ("raw", "5 an hour", "5 a day")]
    untold = ClientStorm(cap="5 an hour", are_clients_told=False)
    storms.append(_fault("storm of 30 clients, 5 an hour, clients not counted", DataFaults(storm=untold)))
    delays = [
        WeatherStudy(f"{word} delays from the release on", replace(_USUAL, test_delay_shares=shares), 0, has_sound_data=False)
        for word, shares in (("longer", late), ("shorter", early))
    ]
    return [*lost, *storms, *delays]


def _fault(name: str, faults: DataFaults, has_sound_data: bool = False, has_all_crashes: bool = True) -> WeatherStudy:
    return WeatherStudy(name, _USUAL, 0, faults, has_sound_data, has_all_crashes)


def _events() -> list[WeatherStudy]:
    """That hit all versions, the users or the rollout."""
    patch_day = WeeklyEvent(1.4, _SECOND_TUESDAY_10_UTC, hours=36, strata=(0, 3, 6, 9))
    worlds = {
        "1.6x in all versions for a day": replace(_USUAL, test_events=(SHOCK,)),
        "2.5x in one stratum of all versions": replace(_USUAL, test_events=(Event(2.5, 24, strata=(LOCAL_STRATUM,)),)),
        "patch day, in a third of the strata every week": replace(_USUAL, weekly_event=patch_day),
        "an add-on given to all versions at the same time, 1.3x": replace(_USUAL, test_events=(Event(1.3, 0, ramp_hours=24),)),
        "rollout held at a quarter for four days": replace(_USUAL, test_held_share=0.25),
        "past releases on Tuesdays, this one on a Friday": replace(
            _USUAL, release_days=(1,), test_release_days=(4,), weekend_use=0.6, weekend_crashes=1.15
        ),
        "a stratum that no past release had": replace(_USUAL, test_new_stratum=LOCAL_STRATUM),
    }
    changes = {
        "holiday, 45 % less use for three days": UsageChange(0.55, 60, 72),
        "certificate expired, 80 % less use for half a day": UsageChange(0.2, 40, 12),
        "a country offline for a day": UsageChange(0.02, 50, 24, strata=(1, 4)),
    }
    return [
        *(WeatherStudy(name, world, 0) for name, world in worlds.items()),
        *(WeatherStudy(name, _USUAL, 0, DataFaults(usage_change=change)) for name, change in changes.items()),
    ]


def _pasts() -> list[WeatherStudy]:
    """What the past is like, and releases that differ otherwise than believed."""
    worlds = {
        "fair": _USUAL,
        "one past release": replace(_USUAL, baselines=1),
        "two past releases": replace(_USUAL, baselines=2),
        "one past release in five 1.5 times as bad, unconfirmed": replace(_USUAL, contamination=0.2),
        "tau .2 while .1 is believed": replace(_USUAL, effect_sd=0.20),
        "t(3) release effects": replace(_USUAL, has_heavy_tails=True),
        "doubled early-adopter and update bursts": replace(_USUAL, early_excess=2.0, burst_hours=2.0),
        "crashes of the release reported at once": replace(_USUAL, test_late_crashes=0.0),
        "crashes of the release reported late": replace(_USUAL, test_late_crashes=0.4),
        "rare measure, 0.2 per 1000 h": replace(_USUAL, crashes_per_1k_hours=0.2),
    }
    return [WeatherStudy(name, world, 0) for name, world in worlds.items()]
