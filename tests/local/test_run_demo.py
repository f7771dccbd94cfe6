"""However the demo is ended, it stops what it started, and does so to the end."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from jobs.deployment.settings import ROOT
from simulation.ping_world.names import NAMES_BY_PRODUCT

pytestmark = pytest.mark.races

A_DEMO_THAT_RUNS = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
from local import run_demo

def run(*arguments):
    print("running", flush=True)
    time.sleep(60)

def stop(config):
    print("begins to stop", flush=True)
    time.sleep(1)
    print("has stopped all", flush=True)

run_demo.write_settings = lambda path, environment: None
run_demo._run, run_demo.local_stack.stop, run_demo.local_stack.read_state = run, stop, lambda config: None
run_demo.main()
"""


@pytest.fixture
def demo() -> Iterator[subprocess.Popen[str]]:
    of_a_demo = os.environ | {"PRODUCT": next(iter(NAMES_BY_PRODUCT))}
    process = subprocess.Popen([sys.executable, "-c", A_DEMO_THAT_RUNS], cwd=ROOT, env=of_a_demo, stdout=subprocess.PIPE, text=True)
    wait_for("running", process)
    yield process
    process.kill()
    process.wait()


def wait_for(words: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert any(words in line for line in process.stdout), f"the demo ended without saying {words!r}"


@pytest.mark.parametrize(
    ("ending", "exit_code"), [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)]
)
def test_a_demo_that_is_ended_stops_what_it_started_whatever_comes_meanwhile(
    demo: subprocess.Popen[str], ending: signal.Signals, exit_code: int
) -> None:
    demo.send_signal(ending)
    wait_for("begins to stop", demo)
    for impatient in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        demo.send_signal(impatient)
    wait_for("has stopped all", demo)
    assert demo.wait(30) == exit_code


A_DEMO_THAT_KEEPS_LANDING = """
from types import SimpleNamespace
from rich.console import Console
from datetime import UTC, datetime
from local.run_demo import _keep_landing

now = datetime.now(UTC)
_keep_landing(SimpleNamespace(world=SimpleNamespace(horizon=now)), now, Console())
"""


def test_a_demo_whose_terminal_is_gone_does_not_go_on() -> None:
    terminal, demos_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", A_DEMO_THAT_KEEPS_LANDING], cwd=ROOT, stdin=demos_end, stdout=demos_end, stderr=demos_end
    )
    os.close(demos_end)
    said = b""
    while b"Ctrl-C stops it" not in said:
        said += os.read(terminal, 1000)
    assert process.poll() is None
    os.close(terminal)
    try:
        assert process.wait(30) == 0
    finally:
        process.kill()
