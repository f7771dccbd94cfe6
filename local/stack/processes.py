"""Processes of the local stack: started each in a session of its own, found again after a crash, and stopped with all their children."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from jobs.deployment.private_folders import make_private_folder

MARK = "RELEASE_HEALTH_STACK"
"""Environment variable that every service passes on to its children, holding the stack's home: what bears it belongs to that stack."""


def start_process(command: list[str], environment: Mapping[str, str], log: Path, working_folder: Path) -> int:
    """Starts a command that outlives its caller and returns its process id. Its output goes to `log`; what it writes, its user alone may read."""
    make_private_folder(log.parent)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=working_folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    return process.pid


def find_marked(home: Path) -> list[psutil.Process]:
    """Every process of the stack in `home`, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == str(home):
                found.append(process)
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess, OSError):
            continue
    return found


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def stop_processes(processes: Iterable[psutil.Process], grace_seconds: float = 5) -> None:
    """Asks all to end, waits up to `grace_seconds`, then kills the rest."""
    stopping = list(processes)
    for process in stopping:
        _signal(process, "terminate")
    _, survivors = psutil.wait_procs(stopping, timeout=grace_seconds)
    for process in survivors:
        _signal(process, "kill")
    psutil.wait_procs(survivors, timeout=grace_seconds)


def _signal(process: psutil.Process, name: str) -> None:
    try:
        getattr(process, name)()
    except psutil.NoSuchProcess:
        return


def tail_of(log: Path, lines: int = 15) -> str:
    if not log.exists():
        return "(the log is empty)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
