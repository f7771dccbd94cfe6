"""The demo: a simulated beta channel of which the newest release is bad (WORLD=experiment: an experiment is), through the whole pipeline under a
real Airflow.

Lands five weeks of simulated pings, starts PostgreSQL, Airflow and the stand-in for Slack on the loopback interface, backfills the history,
runs the last hour as its schedule does, and says which release the digest flags. On a terminal everything keeps running until Ctrl-C, and
each new hour is landed when it has passed. Run again, it goes on from what is there. Everything lies under `.local`; `make clean` removes it.
"""

import os
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, cast

import click
from requests import RequestException
from rich.console import Console
from slack_sdk import WebClient

from jobs.declarations.windows import HOUR
from jobs.deployment.private_folders import make_private_folder
from jobs.deployment.settings import SETTINGS_VARIABLE, from_environment
from jobs.deployment.settings_rules import Settings
from jobs.products.chosen import PRODUCT
from local.demo.outcome import complete_hours, report_outcome
from local.demo.plan import current_hour, plan_backfill
from local.demo.runs import DAGS, RunFailed, run_backfill, run_hours, run_upkeep
from local.demo.steps import DemoSteps
from local.stack import local_stack
from local.stack.airflow_api import AirflowApiError
from local.stack.local_stack import Stack, StackError
from local.stack.settings_file import write_settings
from local.stack.stack_environment import StackConfig
from simulation.ping_world.landing import Landing, WorldIsOver, land_until, open_landing
from simulation.ping_world.names import NAMES_BY_PRODUCT
from simulation.ping_world.world import CULPRITS, Culprit

SEED = 57
WORLD = "WORLD"
"""Environment variable: what is bad, `release` (unless given) or `experiment`."""
DATA_LABEL = "simulated data"
TABLES_AND_PINGS = ("landing", "staging", "warehouse", "catalog.db", "ledger.db", "data_docs", "pages", "slack", "ping_world.json")


@click.command(help=__doc__)
def main() -> None:
    if PRODUCT.name not in NAMES_BY_PRODUCT:
        raise click.ClickException(f"the demo's world has pings of {', '.join(NAMES_BY_PRODUCT)} alone, not of {PRODUCT.name}")
    if _culprit() not in CULPRITS:
        raise click.ClickException(f"WORLD must be one of {', '.join(CULPRITS)}, not {_culprit()}")
    if _culprit() == "experiment" and PRODUCT.envelope.experiments is None:
        raise click.ClickException(f"pings of {PRODUCT.name} name no experiments; try WORLD=experiment with another product")
    for ending in (signal.SIGTERM, signal.SIGHUP):  # the latter is a terminal that was closed
        signal.signal(ending, _stop_on_signal)
    config = StackConfig()
    console = Console()
    _use_only_the_demos_own(config)
    running = local_stack.read_state(config)
    if running and not local_stack.unhealthy_services(running):
        raise click.ClickException("a local stack runs here already; stop it with `make stack-stop`, then run the demo again")
    try:
        _run(config, console, DemoSteps(console))
    except (StackError, AirflowApiError, RunFailed, RequestException) as error:
        raise click.ClickException(f"{error}\nThe services' logs are in {config.logs}.") from error
    except KeyboardInterrupt:
        return
    finally:
        _stop(config, console)


def _run(config: StackConfig, console: Console, steps: DemoSteps) -> None:
    end = current_hour(datetime.now(UTC))
    landing = _open_landing(config.home, end, console)
    with ThreadPoolExecutor(1) as background:
        landed = background.submit(land_until, landing, end)
        with steps.step("start Airflow, with the pings landing meanwhile") as say:
            stack = local_stack.start(config, say)
            stack.airflow.wait_for_dags(DAGS)
        with steps.step("land the pings"):
            landing = landed.result()
    backfill = plan_backfill(complete_hours(), landing.world.start, end - HOUR)
    if backfill:
        with steps.step(f"backfill {backfill.start:%Y-%m-%d} to {backfill.end:%Y-%m-%d %H:%M} UTC") as say:
            run_backfill(stack.airflow, backfill, say)
    with steps.step("run the newest hour as scheduled") as say:
        as_of = run_hours(stack.airflow, end, lambda until: _land(landing, until), say)
    with steps.step("read the verdicts and the digest"):
        slack = WebClient(token=stack.slack_environment["SLACK_BOT_TOKEN"], base_url=stack.slack_environment["SLACK_API_URL"])
        problems = report_outcome(slack, landing.world, as_of, console)
    _show_addresses(stack, console)
    if problems:
        raise click.ClickException("the demo failed: " + "; ".join(problems))
    run_upkeep(stack.airflow)
    if sys.stdin.isatty() and sys.stdout.isatty():
        _keep_landing(landing, as_of, console)


def _culprit() -> Culprit:
    return cast(Culprit, os.environ.get(WORLD, "release"))


def _stop_on_signal(number: int, frame: object) -> NoReturn:
    sys.exit(128 + number)


def _stop(config: StackConfig, console: Console) -> None:
    """To the end, some 7 s: an impatient second Ctrl-C would leave PostgreSQL running."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    with suppress(OSError):  # there may be no terminal any more
        console.print("stopping what the demo started ...")
    local_stack.stop(config)
    with suppress(OSError):
        console.print("stopped")


def _use_only_the_demos_own(config: StackConfig) -> None:
    """Whatever the user has configured for real data: simulated pings go to the demo's own folders, tables and stand-in for Slack."""
    home, settings = config.home, {name.upper() for name in Settings.model_fields} - {"PRODUCT"}
    for name in [name for name in os.environ if name.startswith("PYICEBERG_") or name in settings]:
        del os.environ[name]
    os.environ |= {
        SETTINGS_VARIABLE: str(config.settings_file),
        "LANDING": str(home / "landing"),
        "STAGING": str(home / "staging"),
        "PYICEBERG_CATALOG__LAKE__TYPE": "sql",
        "PYICEBERG_CATALOG__LAKE__URI": f"sqlite:///{home / 'catalog.db'}",
        "PYICEBERG_CATALOG__LAKE__WAREHOUSE": (home / "warehouse").as_uri(),
        "LEDGER_URI": f"sqlite:///{home / 'ledger.db'}",
        "DATA_DOCS": str(home / "data_docs"),
        "PAGES": str(home / "pages"),
        "RELEASE_CALENDAR": str(home / "release_calendar.csv"),
        "DATA_LABEL": DATA_LABEL,
    }
    write_settings(config.settings_file, os.environ)  # again, with the addresses, once the stack has them


def _open_landing(home: Path, end: datetime, console: Console) -> Landing:
    folder = home / "landing"
    if folder.exists() and not (home / "ping_world.json").exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} holds pings that are not the demo's; move them away or run `make clean`, which deletes them")
    make_private_folder(folder)
    try:
        return open_landing(folder, end, SEED, _culprit())
    except WorldIsOver as over:
        console.print(f"{over}; starting a new one")
        _remove_world(home)
        folder.mkdir()
        return open_landing(folder, end, SEED, _culprit())


def _remove_world(home: Path) -> None:
    for name in TABLES_AND_PINGS:
        path = home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _land(landing: Landing, end: datetime) -> None:
    land_until(open_landing(landing.folder, end, SEED, landing.world.culprit), end)


def _show_addresses(stack: Stack, console: Console) -> None:
    data_docs = Path(from_environment().data_docs) / "index.html"
    slack = f"{stack.slack_url}/channel/{from_environment().slack_channel}"
    for name, address in (("Airflow", stack.airflow_url), ("Slack", slack), ("Page", stack.pages_url), ("Data Docs", data_docs.as_uri())):
        console.print(f"{name:<10} {address}", soft_wrap=True, highlight=False)


def _keep_landing(landing: Landing, landed_until: datetime, console: Console) -> None:
    """Lands each new hour when it has passed, so that the hourly runs go on, until Ctrl-C or the end of the simulated world."""
    console.print("Everything keeps running, hour by hour. Ctrl-C stops it.")
    while sys.stdin.isatty():  # it is none once the window was closed, of which make alone may be told
        now = current_hour(datetime.now(UTC))
        if landed_until < now <= landing.world.horizon:
            _land(landing, now)
            landed_until = now
        time.sleep(1)


if __name__ == "__main__":
    main()
