"""A mistake in a declaration is told with its field and what is allowed, before anything runs."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.declarations.product import Builds, Channel, Condition, Dimension, Measure, OneWhere, Population, Product
from jobs.deployment.settings import ROOT
from jobs.pings.field_rules import RULES
from jobs.products import product_problems as problems_module
from jobs.products.chosen import ProductError, load_product
from jobs.products.product_problems import product_problems

HARBOR = load_product("harbor")


def with_dimension(name: str, **changes: object) -> Product:
    dimensions = tuple(replace(each, **changes) if each.name == name else each for each in HARBOR.dimensions)  # type: ignore[arg-type]
    return replace(HARBOR, dimensions=dimensions)


def with_measure(name: str, **changes: object) -> Product:
    measures = tuple(replace(each, **changes) if each.name == name else each for each in HARBOR.measures)  # type: ignore[arg-type]
    return replace(HARBOR, measures=measures)


def with_builds(builds: Builds, has_build_id: bool = True) -> Product:
    dimensions = (Dimension("build_id", ("build",), "build_id", "Time of the build."),) if has_build_id else ()
    return replace(HARBOR, channels=(Channel("stable", builds=builds),), dimensions=(*HARBOR.dimensions, *dimensions))


@pytest.mark.parametrize("name", ["firefox", "glean", "harbor"])
def test_our_own_products_have_none(name: str) -> None:
    assert product_problems(load_product(name)) == []


@pytest.mark.parametrize(
    ("product", "said"),
    [
        (replace(HARBOR, name="Harbor 2"), "name: 'Harbor 2' is no name of a column"),
        (replace(HARBOR, label=" "), "label: ' ' must be what people call the product"),
        (replace(HARBOR, ping_types=("session end", "crash")), "ping_types: 'session end' is no name of a folder"),
        (replace(HARBOR, channels=(Channel("stable", stage_before="alpha"),)), "the stage before stable is 'alpha'; there are stable"),
        (replace(HARBOR, channels=(Channel("stable", is_rolling=True),)), "stable is rolling, but no dimension build_id"),
        (with_builds(Builds(), has_build_id=False), "stable has builds, but no dimension build_id"),
        (with_builds(Builds("https://example.org/{from}..{to}")), "changes_url of stable may hold {good_build},"),
        (with_builds(Builds(bisect_command="bisect {0}")), "bisect_command of stable may hold {good_build},"),
        (with_builds(Builds("javascript:{good_build}")), "changes_url of stable must begin with https://"),
        (replace(HARBOR, version_pattern="(4"), "version_pattern: '(4' is no regular expression"),
        (replace(HARBOR, dimensions=HARBOR.dimensions[1:]), "dimensions: channel is missing"),
        (with_dimension("os_name", rule="osname"), "the rule of os_name is 'osname'; there are channel,"),
        (with_dimension("os_name", paths=()), "os_name has no path"),
        (with_dimension("os_name", stratum=None), "os_name needs stratum='value'"),
        (replace(HARBOR, dimensions=(*HARBOR.dimensions, Dimension("reason", ("why",), "text", ""))), "'reason' is a column of the tables"),
        (with_measure("sessions", pings=("session",)), "measures: sessions: 'session' is none of the ping types"),
        (with_measure("sessions", source=OneWhere(())), "sessions has no condition"),
        (with_measure("usage_hours", unit="seconds"), "usage_hours: its unit is 'seconds'"),
        (with_measure("crashes", source=replace(HARBOR.measures[-1].source, of="sessions")), "crashes caps 'sessions'"),  # type: ignore[type-var]
        (with_measure("crashes", scoring=None), "none decides"),
        (replace(HARBOR, measures=HARBOR.measures[1:]), "usage_hours must be there"),
        (with_measure("crash_pings", source=OneWhere((Condition("x", ("1",)),))), "crash_pings must be there"),
        (replace(HARBOR, measures=(*HARBOR.measures, HARBOR.measures[1])), "measures: 'sessions' is declared twice"),
        (replace(HARBOR, populations=HARBOR.populations[:1]), "populations: crashed is missing"),
        (
            replace(HARBOR, populations=(Population("active", "", ("crashes",), ""), HARBOR.populations[1])),
            "'crashes' is no measure of single pings",
        ),
        (
            replace(HARBOR, populations=(Population("active", "", (), ""), HARBOR.populations[1])),
            "populations: active is read from no measure",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_mistake_is_named(product: Product, said: str) -> None:
    assert [problem for problem in product_problems(product) if said in problem], product_problems(product)


def test_the_rules_that_may_be_named_are_those_that_there_are() -> None:
    assert set(problems_module._RULES) | {"the_product", "the_release"} == set(RULES)


def test_a_file_of_ones_own_is_a_product(tmp_path: Path) -> None:
    path = tmp_path / "ferry.py"
    path.write_text((ROOT / "jobs" / "products" / "harbor.py").read_text().replace('name="harbor"', 'name="ferry"'))
    assert load_product(str(path)).name == "ferry"


def test_the_demo_says_that_it_has_no_pings_of_a_product_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "ferry.py"
    path.write_text((ROOT / "jobs" / "products" / "harbor.py").read_text().replace('name="harbor"', 'name="ferry"'))
    done = subprocess.run(
        [sys.executable, "-m", "local.run_demo"], env=os.environ | {"PRODUCT": str(path)}, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "has pings of firefox, glean, harbor alone, not of ferry" in done.stderr


def test_a_file_without_a_product_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ferry.py"
    path.write_text("PRODUCT = 7")
    with pytest.raises(ProductError, match="defines no PRODUCT"):
        load_product(str(path))


def test_a_wrong_product_stops_every_command_with_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs.query_tables", "SELECT 1"],
        env=os.environ | {"PRODUCT": "harbour"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "it is one of firefox, glean, harbor" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_measure_is_added_by_one_row() -> None:
    added = Measure("hangs", "hangs", "events", ("crash",), OneWhere((Condition("kind", ("hang",)),)), "zero", "Hangs.")
    assert product_problems(replace(HARBOR, measures=(*HARBOR.measures, added))) == []
