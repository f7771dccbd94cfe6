"""The conventions that a reviewer would otherwise have to watch: import directions, no cycles, small modules, nothing declared twice."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from jobs.deployment.settings import ROOT
from jobs.history.kept_outcomes import SCORING_SOURCES

ROOMS = ("dags", "jobs", "expectations", "simulation", "local", "benchmarks")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ENTRY_POINT_VERBS = (
    "aggregate_",
    "audit_",
    "score_",
    "post_",
    "publish_",
    "serve_",
    "maintain_",
    "explain_",
    "plan_",
    "review_",
    "describe_",
    "decide_",
    "restore_",
    "query_",
    "check_",
    "write_",
)
AUDIT_ENTRY_POINTS = {"jobs.audit_aggregates", "jobs.audit_health"}
SMALLEST_PARTS = ("jobs.declarations.", "jobs.products.", "jobs.commands.exit_codes")
"""What DAGs may import of `jobs`, besides the settings: declarations, which import each other alone."""
LAYERS = {
    "jobs": ("pings", "tables", "aggregates", "scoring", "decisions", "history", "digest", "page"),
    "expectations": ("checks", "suites", "gate", "reports"),
    "jobs.tables": ("lake", "staged", "audit", "reading", "commits", "upkeep"),
    "jobs.scoring": ("method", "inputs", "looks", "rows"),
    "jobs.digest": ("facts", "decisions", "wording", "messages", "slack"),
    "jobs.page": ("documents", "series", "contents", "files", "server"),
    "simulation": ("ping_world", "independent_count", "release_world", "evaluation"),
}
"""Rooms within rooms, each of which imports from itself and from those before it."""
LONGEST_MODULE = 260
"""Declarations, which are one long table each, excepted."""
LONGEST_FUNCTION = 50
LONGEST_DAG = 110


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


NAMES = {module_name(path): path for path in MODULES}
DECLARATIONS = {name for name in NAMES if name.startswith(SMALLEST_PARTS)}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@cache
def imports(path: Path, at_import_time_only: bool = False) -> tuple[str, ...]:
    """The modules that a file imports, ours as precisely as they can be named."""
    tree = tree_of(path)
    return tuple(name for node in (tree.body if at_import_time_only else ast.walk(tree)) for name in _imported(node))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if whole in NAMES else node.module


def room_of(name: str) -> str:
    return name.split(".")[0]


def is_entry_point(name: str) -> bool:
    return name.count(".") == 1 and name.split(".")[1].startswith(ENTRY_POINT_VERBS)


@pytest.mark.parametrize("name", NAMES)
def test_imports_follow_the_directions_between_rooms(name: str) -> None:
    imported = set(imports(NAMES[name]))
    rooms = {room_of(other) for other in imported}
    room = room_of(name)
    assert "tests" not in rooms
    if room == "jobs":
        assert not rooms & {"dags", "airflow", "local", "simulation", "benchmarks"}
        assert "expectations" not in rooms or name in AUDIT_ENTRY_POINTS
    if room == "expectations":
        assert not rooms & {"dags", "airflow", "local", "simulation", "benchmarks"}
    if room == "dags":
        assert {other for other in imported if room_of(other) == "jobs"} - {"jobs.deployment.settings"} <= DECLARATIONS
        assert not rooms & {"pyspark", "pandas", "great_expectations", "simulation", "expectations"}
    if room == "simulation" and not name.startswith(("simulation.evaluate_", "simulation.evaluation.")):
        assert not any(other.startswith(("jobs.scoring", "jobs.decisions")) for other in imported), (
            "worlds and rivals share no code with the scorer"
        )
    if name in DECLARATIONS:
        allowed = DECLARATIONS | ({"jobs.deployment.settings", "jobs.pings.client_values"} if name.startswith("jobs.products.") else set())
        assert {other for other in imported if room_of(other) == "jobs"} <= allowed
    if name == "jobs.pings.client_values":
        assert {other for other in imported if room_of(other) == "jobs"} == {"jobs.pings.reject_reasons"}, (
            "products' own rules are made of it"
        )


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("jobs.scoring", "jobs.decisions", "jobs.aggregates"))])
def test_pure_rooms_touch_neither_tables_nor_networks(name: str) -> None:
    edges = {
        "pyiceberg",
        "boto3",
        "requests",
        "sqlalchemy",
        "slack_sdk",
        "great_expectations",
        "pandas",
        "os",
        "pathlib",
        "socket",
        "subprocess",
    }
    imported = set(imports(NAMES[name]))
    spark = set() if name.startswith("jobs.aggregates") else {"pyspark"}
    assert not {room_of(other) for other in imported} & (edges | spark)
    assert "jobs.deployment.settings" not in imported


def test_kept_outcomes_are_keyed_by_all_that_scores_are_computed_by() -> None:
    """Whatever they import, and what that imports; tables hand over rows, settings name the product, and how they do so changes no score."""
    reached: set[str] = set()
    ahead = {"jobs.history.kept_outcomes"}
    while ahead:
        reached |= ahead
        ahead = {other for name in ahead for other in imports(NAMES[name]) if other in NAMES} - reached
        ahead = {name for name in ahead if not name.startswith(("jobs.tables", "jobs.deployment", "jobs.pings"))}
    keyed = [ROOT / "jobs" / place for place in SCORING_SOURCES]
    assert not [name for name in reached if not any(NAMES[name].is_relative_to(place) for place in keyed)]


@pytest.mark.parametrize("house", LAYERS)
def test_rooms_within_a_room_import_from_those_before_them(house: str) -> None:
    order = LAYERS[house]
    upwards = []
    for name in NAMES:
        here = layer_of(name, house)
        for other in imports(NAMES[name]) if here else ():
            there = layer_of(other, house)
            if there and order.index(there) > order.index(here):
                upwards.append(f"{name} -> {other}")
    assert not upwards


def layer_of(name: str, house: str) -> str:
    """The room within that house, if the module is in one."""
    inside = name.removeprefix(f"{house}.").partition(".")[0]
    return inside if name.startswith(f"{house}.") and inside in LAYERS[house] else ""


def test_no_import_cycles() -> None:
    graph = {name: {other for other in imports(path, at_import_time_only=True) if other in NAMES} for name, path in NAMES.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("name", NAMES)
def test_modules_and_functions_stay_small(name: str) -> None:
    text = NAMES[name].read_text()
    lines = len(text.splitlines())
    longest = LONGEST_DAG if room_of(name) == "dags" else LONGEST_MODULE
    assert lines <= longest or name in DECLARATIONS, f"{name} has {lines} lines; cut it by subject"
    for node in ast.walk(tree_of(NAMES[name])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{name}.{node.name} has {length} lines"


def test_names_in_jobs_do_not_shadow_the_standard_library() -> None:
    """spark-submit puts `jobs/` first on the path, so `jobs/statistics.py` would become `statistics`."""
    assert not [name for name in NAMES if name.startswith("jobs.") and name.split(".")[1] in sys.stdlib_module_names]


@pytest.mark.parametrize("name", [name for name in NAMES if is_entry_point(name)])
def test_an_entry_point_says_what_it_does_and_what_if_it_fails(name: str) -> None:
    tree = tree_of(NAMES[name])
    main = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    assert len(main) == 1, f"{name} has no main"
    text = f"{ast.get_docstring(main[0])} {ast.get_docstring(tree)}"
    assert "fail" in text.lower(), f"python -m {name} --help does not say what happens on failure"


@pytest.mark.parametrize("name", [name for name in NAMES if is_entry_point(name)])
def test_an_entry_point_speaks_plainly(name: str) -> None:
    """Its errors say what to do, and no text from clients acts on a terminal (jobs/commands/command_line.py)."""
    assert "@click.command(cls=EntryPoint" in NAMES[name].read_text()


def test_no_module_is_named_for_nothing() -> None:
    assert not [name for name in NAMES if {"utils", "helpers", "common"} & set(name.split(".")) or name.endswith(("_new", "_old"))]


def test_every_make_target_runs_a_module_that_exists_and_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text()
    ours = {name for name in re.findall(r"\$\(PYTHON\) -m ([\w.]+)", makefile) if room_of(name) in ROOMS}
    assert {name for name in ours if name not in NAMES} == set()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert targets == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)), "make help lists every target"
