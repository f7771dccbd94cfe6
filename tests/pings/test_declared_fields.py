"""Extraction follows the declarations: every rule and source is implemented, and a new measure is a new row and nothing else."""

import subprocess
import sys

import pytest

from jobs.declarations.measures import MEASURES
from jobs.declarations.product import Condition, CountAt, DurationAsHours, HistogramBucket, Measure, OneWhere
from jobs.deployment.settings import ROOT
from jobs.pings.client_values import Rejected
from jobs.pings.field_rules import RULES
from jobs.pings.measure_rules import measure_paths, read_measure
from jobs.pings.ping_records import PING_MEASURES
from jobs.products.chosen import load_product

MADE_UP_MEASURE = """
import jobs.declarations.measures as declarations
from jobs.declarations.product import Condition, HistogramBucket, Measure, OneWhere

def declare(name, ping_type, source):
    declarations.MEASURES += (Measure(name, name, "events", (ping_type,), source, "unknown", name),)

declare("gc_runs", "main", HistogramBucket(("body.counts.REDRAWS",), bucket="1"))
declare("flip_pings", "main", OneWhere((Condition("about.trials.flip.branch", ("control",)),)))
declare("socket_crashes", "crash", OneWhere((Condition("body.process", ("socket",)),)))

from pathlib import Path
from tests.ping_factory import crash_ping, main_ping
from tests.pings.reading import outcome

ping = main_ping({"body.counts.REDRAWS": {"values": {"1": 12}}, "about.trials": {"flip": {"branch": "control"}}})
print(outcome(ping)["gc_runs"], outcome(ping)["flip_pings"], outcome(ping)["experiments"])
print(outcome(crash_ping({"body.process": "socket"}), "crash")["socket_crashes"], outcome(crash_ping(), "crash")["socket_crashes"])
"""


def test_declared_rules_and_implemented_rules_are_the_same() -> None:
    products = [
        load_product(path.stem) for path in (ROOT / "jobs" / "products").glob("*.py") if path.stem in ("firefox", "glean", "harbor")
    ]
    declared = {dimension.rule for product in products for dimension in product.dimensions}
    undeclared = {"the_product", "the_release"}  # for what a product's pings do not say
    assert {rule for rule in declared if isinstance(rule, str)} | undeclared == set(RULES)


@pytest.mark.parametrize("measure", PING_MEASURES, ids=lambda measure: measure.name)
def test_every_measure_of_a_ping_can_be_read(measure: Measure) -> None:
    for ping_type in measure.pings:
        paths = measure_paths(measure, ping_type)
        assert callable(read_measure(measure, ping_type, {path: index for index, path in enumerate(paths)}))


def test_only_capped_measures_are_not_a_pings_own() -> None:
    assert {measure.name for measure in MEASURES} - {measure.name for measure in PING_MEASURES} == {
        "main_crashes_capped",
        "content_crashes_capped",
    }


def test_a_made_up_measure_is_a_row_and_nothing_else() -> None:
    said = subprocess.run([sys.executable, "-c", MADE_UP_MEASURE], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert said.splitlines() == ["12 1 [{'experiment': 'flip', 'branch': 'control'}]", "1 0"]


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        (DurationAsHours((("main", "seconds"),), longest_hours=2.0), 5400, 1.5),
        (DurationAsHours((("main", "seconds"),), longest_hours=2.0), 99_999, 2.0),
        (OneWhere((Condition("reason", ("a", None)),)), "a", 1),
        (OneWhere((Condition("reason", ("a", None)),)), None, 1),
        (OneWhere((Condition("reason", ("a", None)),)), "b", 0),
        (OneWhere((Condition("reason", ("a",), negated=True),)), None, 1),
        (OneWhere((Condition("counter", (1,)),)), 1, 1),
        (HistogramBucket(("h",), bucket="7"), {"values": {"0": 1, "7": 5}}, 5),
        (HistogramBucket(("h",)), None, None),
        (CountAt("n"), 7, 7),
        (CountAt("n"), None, None),
        (DurationAsHours((("main", "minutes"),), longest_hours=2.0, unit="minutes"), 90, 1.5),
    ],
)
def test_what_a_source_makes_of_a_value(
    source: CountAt | DurationAsHours | OneWhere | HistogramBucket, value: object, expected: float | None
) -> None:
    measure = Measure("m", "m", "events", ("main",), source, "zero", "m")
    (path,) = measure_paths(measure, "main")

    assert read_measure(measure, "main", {path: 0})((value,)) == expected


@pytest.mark.parametrize("value", [-1, 1.5, "3", True, 2**31])
def test_what_is_no_count_rejects_its_ping(value: object) -> None:
    measure = Measure("m", "m", "events", ("main",), CountAt("n"), "zero", "m")
    with pytest.raises(Rejected, match="invalid_count"):
        read_measure(measure, "main", {"n": 0})((value,))
