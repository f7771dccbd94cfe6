"""What measures owe each other, derived from how they are declared: a part is never above its whole."""

from dataclasses import dataclass
from itertools import combinations

from expectations.checks.checks import Check
from expectations.checks.rules import Between
from jobs.declarations.measures import MEASURES
from jobs.declarations.product import CappedPerClientHour, Condition, DurationAsHours, Measure, OnePerPing, OneWhere, PingType
from jobs.declarations.states import Severity

_ROUNDING = 1e-6  # hours are sums of doubles; counts are whole


@dataclass(frozen=True)
class AtMost:
    """The sum of the parts is at most `factor` times the sum of the wholes; an absent measure counts 0."""

    parts: tuple[str, ...]
    wholes: tuple[str, ...]
    factor: float = 1.0

    @property
    def words(self) -> str:
        whole = " + ".join(self.wholes)
        if self.factor != 1:
            whole = f"{self.factor:g} x ({whole})"
        return f"{' + '.join(self.parts)} <= {whole}"

    @property
    def excess(self) -> str:
        """The computed column: by how much the parts exceed the wholes."""
        return f"excess over {self.words}"

    @property
    def sql(self) -> str:
        return f"CAST({_sum(self.parts)} - {self.factor:g} * ({_sum(self.wholes)}) AS DOUBLE)"

    def check(self) -> Check:
        return Check(
            words=self.words,
            severity=Severity.CRITICAL,
            rule=Between(self.excess, greatest=_ROUNDING),
            columns=(*self.parts, *self.wholes),
            meaning="A part is larger than its whole: the extraction or the aggregation of these measures counts wrongly.",
            computed={self.excess: self.sql},
            shown_as="{} too many",
        )


def measure_rules(measures: tuple[Measure, ...] = MEASURES) -> tuple[AtMost, ...]:
    """Capped by uncapped, usage by pings, a count by its pings, a narrower count by a wider one, and those that exclude each other."""
    rules = [*_capped(measures), *_usage(measures), *_counts_by_pings(measures), *_narrower(measures), *_exclusive(measures)]
    return tuple(rule for rule in rules if not any(_implies(other, rule) for other in rules))


def _implies(rule: AtMost, weaker: AtMost) -> bool:
    return rule.wholes == weaker.wholes and rule.factor == weaker.factor and set(rule.parts) > set(weaker.parts)


def _capped(measures: tuple[Measure, ...]) -> list[AtMost]:
    return [AtMost((m.name,), (m.source.of,)) for m in measures if isinstance(m.source, CappedPerClientHour)]


def _usage(measures: tuple[Measure, ...]) -> list[AtMost]:
    """At most the longest subsession for each ping."""
    counted = _ping_counts(measures)
    return [
        AtMost((m.name,), tuple(counted[ping] for ping in m.pings), m.source.longest_hours)
        for m in measures
        if isinstance(m.source, DurationAsHours) and counted.keys() >= set(m.pings)
    ]


def _counts_by_pings(measures: tuple[Measure, ...]) -> list[AtMost]:
    counted = _ping_counts(measures)
    return [AtMost((m.name,), tuple(counted[p] for p in m.pings)) for m in _conditional(measures) if counted.keys() >= set(m.pings)]


def _narrower(measures: tuple[Measure, ...]) -> list[AtMost]:
    """A measure that asks for more conditions of the same pings than another."""
    return [
        AtMost((narrow.name,), (wide.name,))
        for wide in _conditional(measures)
        for narrow in _conditional(measures)
        if narrow.pings == wide.pings and set(_conditions(narrow)) > set(_conditions(wide))
    ]


def _exclusive(measures: tuple[Measure, ...]) -> list[AtMost]:
    """Two counts of which a ping meets at most one."""
    counted = _ping_counts(measures)
    return [
        AtMost((one.name, other.name), (counted[one.pings[0]],))
        for one, other in combinations(_conditional(measures), 2)
        if one.pings == other.pings and len(one.pings) == 1 and one.pings[0] in counted and _exclude_each_other(one, other)
    ]


def _ping_counts(measures: tuple[Measure, ...]) -> dict[PingType, str]:
    """The measure that counts the pings of a type."""
    return {m.pings[0]: m.name for m in measures if isinstance(m.source, OnePerPing)}


def _conditional(measures: tuple[Measure, ...]) -> list[Measure]:
    return [m for m in measures if isinstance(m.source, OneWhere)]


def _conditions(measure: Measure) -> tuple[Condition, ...]:
    return measure.source.conditions if isinstance(measure.source, OneWhere) else ()


def _exclude_each_other(one: Measure, other: Measure) -> bool:
    return any(_contradict(a, b) for a in _conditions(one) for b in _conditions(other))


def _contradict(a: Condition, b: Condition) -> bool:
    if a.path != b.path or (a.negated and b.negated):
        return False
    if a.negated or b.negated:
        allowed, refused = (b, a) if a.negated else (a, b)
        return set(allowed.values) <= set(refused.values)
    return not set(a.values) & set(b.values)


def _sum(columns: tuple[str, ...]) -> str:
    return " + ".join(f"coalesce({column}, 0)" for column in columns)
