"""Services outlive their caller, are found again by their mark with all their children, and are stopped with them."""

import os
import socket
import sys
import time
from pathlib import Path

import psutil

from local.stack.ports import LOOPBACK, pick_port
from local.stack.processes import MARK, find_marked, is_alive, start_process, stop_processes, tail_of

PARENT_OF_A_CHILD_IN_ITS_OWN_GROUP = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; print('child is up', flush=True); time.sleep(60)"], start_new_session=True)
time.sleep(60)
"""


def wait_for(text: str, log: Path) -> None:
    deadline = time.monotonic() + 10
    while text not in tail_of(log) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert text in tail_of(log)


def test_a_stopped_service_leaves_no_child_even_in_another_process_group(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    environment = {**os.environ, MARK: str(tmp_path)}
    pid = start_process([sys.executable, "-c", PARENT_OF_A_CHILD_IN_ITS_OWN_GROUP], environment, log, tmp_path)
    wait_for("child is up", log)
    marked = find_marked(tmp_path)
    assert pid in {process.pid for process in marked}
    assert len(marked) == 2

    stop_processes(marked)

    assert not is_alive(pid)
    assert find_marked(tmp_path) == []


def test_a_service_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    pid = start_process([sys.executable, "-c", stubborn], os.environ, log, tmp_path)
    wait_for("ready", log)
    stop_processes([psutil.Process(pid)], grace_seconds=0.2)
    assert not is_alive(pid)


def test_the_processes_of_another_stack_are_not_ours(tmp_path: Path) -> None:
    environment = {**os.environ, MARK: str(tmp_path / "other")}
    pid = start_process([sys.executable, "-c", "import time; time.sleep(60)"], environment, tmp_path / "log", tmp_path)
    assert find_marked(tmp_path) == []
    stop_processes([psutil.Process(pid)])


def test_a_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        holder.listen()
        taken = holder.getsockname()[1]
        assert pick_port(taken) != taken
    assert pick_port(taken) == taken


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail_of(log) == "(the log is empty)"
    log.write_text("first\nsecond\nthird\n")
    assert tail_of(log, lines=2) == "second\nthird"


def test_what_a_service_writes_its_user_alone_may_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write = f"from pathlib import Path; Path({str(home / 'file')!r}).touch(); print('done')"
    start_process([sys.executable, "-c", write], os.environ, home / "logs" / "service.log", tmp_path)
    wait_for("done", home / "logs" / "service.log")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (home, home / "logs", home / "file")}
    assert modes == {"home": 0o700, "logs": 0o700, "file": 0o600}
