"""What measures owe each other follows from how they are declared."""

from expectations.suites.measure_relations import AtMost, measure_rules
from jobs.declarations.product import CappedPerClientHour, Condition, DurationAsHours, Measure, OnePerPing, OneWhere, PingType, Source


def measure(name: str, source: Source, *pings: PingType) -> Measure:
    return Measure(name, name, "hours" if isinstance(source, DurationAsHours) else "events", pings, source, "zero", "")


def where(*conditions: Condition) -> OneWhere:
    return OneWhere(conditions)


def rules(*measures: Measure) -> set[str]:
    return {rule.words for rule in measure_rules(measures)}


CRASH_PINGS = measure("crash_pings", OnePerPing(), "crash")
MAIN = Condition("processType", ("main", None))
CONTENT = Condition("processType", ("content",))
KILLED = Condition("error", ("ShutDownKill",))
NOT_KILLED = Condition("error", ("ShutDownKill",), negated=True)


def test_a_count_is_at_most_the_pings_that_it_is_counted_in() -> None:
    assert rules(CRASH_PINGS, measure("crashes", where(MAIN), "crash")) == {"crashes <= crash_pings"}
    assert rules(measure("updates", where(MAIN), "update")) == set(), "no measure counts update pings"


def test_usage_is_at_most_the_longest_subsession_of_each_ping() -> None:
    usage = measure("usage", DurationAsHours((), longest_hours=25.0), "main", "core")
    pings = (measure("mains", OnePerPing(), "main"), measure("cores", OnePerPing(), "core"))
    assert rules(usage, *pings) == {"usage <= 25 x (mains + cores)"}


def test_a_capped_count_is_at_most_the_uncapped_one() -> None:
    assert rules(measure("capped", CappedPerClientHour("crashes", 5), "crash")) == {"capped <= crashes"}


def test_a_count_with_more_conditions_is_at_most_the_one_with_fewer() -> None:
    wide, narrow = measure("wide", where(CONTENT), "crash"), measure("narrow", where(CONTENT, KILLED), "crash")
    assert rules(wide, narrow) == {"narrow <= wide"}


def test_counts_that_exclude_each_other_share_their_pings() -> None:
    main, crashes, kills = (
        measure("main", where(MAIN), "crash"),
        measure("crashes", where(CONTENT, NOT_KILLED), "crash"),
        measure("kills", where(CONTENT, KILLED), "crash"),
    )
    assert rules(CRASH_PINGS, crashes, kills) == {"crashes + kills <= crash_pings"}, "one asks for what the other refuses"
    assert rules(CRASH_PINGS, main, kills) == {"main + kills <= crash_pings"}, "their values have nothing in common"
    assert rules(CRASH_PINGS, main, measure("also main", where(Condition("processType", ("main",))), "crash")) == {
        "main <= crash_pings",
        "also main <= crash_pings",
    }


def test_an_absent_measure_counts_nothing() -> None:
    assert (
        AtMost(("part",), ("one", "other"), 25.0).sql == "CAST(coalesce(part, 0) - 25 * (coalesce(one, 0) + coalesce(other, 0)) AS DOUBLE)"
    )
