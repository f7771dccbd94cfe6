"""A standalone Spark cluster of one master and one worker on the loopback interface, from the pip package; for tests and trials."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from local.stack.ports import LOOPBACK, pick_port
from local.stack.processes import is_alive, start_process, stop_processes, tail_of
from local.stack.stack_environment import SHORT_LIVED_JVM

START_TIMEOUT_SECONDS = 60
_REGISTERED = re.compile(r"Registering worker|Registered worker")


class SparkClusterError(Exception):
    """The master or the worker did not start; the message names the log."""


@contextmanager
def serve_spark(folder: Path, environment: Mapping[str, str], cores: int = 2, memory_mb: int = 2048) -> Iterator[str]:
    """Runs the cluster and yields its address, `spark://...`. Executors inherit `environment`. Raises SparkClusterError."""
    folder.mkdir(parents=True, exist_ok=True)
    port = pick_port(0)
    address = f"spark://{LOOPBACK}:{port}"
    # The daemons log what they do at info level, which is how the worker's registration is seen.
    daemons = {
        **{name: value for name, value in environment.items() if name != "SPARK_SUBMIT_OPTS"},
        "SPARK_DAEMON_JAVA_OPTS": f"{SHORT_LIVED_JVM} -Dspark.master.rest.enabled=false",
    }
    master = ["spark-class", "org.apache.spark.deploy.master.Master", "--host", LOOPBACK, "--port", str(port), "--webui-port", "0"]
    worker = ["spark-class", "org.apache.spark.deploy.worker.Worker", "--host", LOOPBACK, "--webui-port", "0"]
    worker += ["--cores", str(cores), "--memory", f"{memory_mb}m", "--work-dir", str(folder / "work"), address]
    master_log, worker_log = folder / "master.log", folder / "worker.log"
    pids = []
    try:
        pids.append(start_process(_resolved(master, environment), daemons, master_log, folder))
        pids.append(start_process(_resolved(worker, environment), daemons, worker_log, folder))
        _wait_for_worker(pids, master_log, worker_log)
        yield address
    finally:
        running = [psutil.Process(pid) for pid in pids if is_alive(pid)]
        stop_processes([child for process in running for child in process.children(recursive=True)] + running, grace_seconds=5)


def _resolved(command: list[str], environment: Mapping[str, str]) -> list[str]:
    return [str(Path(environment["SPARK_HOME"]) / "bin" / command[0]), *command[1:]]


def _wait_for_worker(pids: list[int], master_log: Path, worker_log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not _REGISTERED.search(master_log.read_text() if master_log.exists() else ""):
        dead = [log for pid, log in zip(pids, (master_log, worker_log), strict=True) if not is_alive(pid)]
        if dead or time.monotonic() > deadline:
            log = dead[0] if dead else worker_log
            raise SparkClusterError(f"the Spark cluster did not start; its log is {log}:\n{tail_of(log)}")
        time.sleep(0.3)
