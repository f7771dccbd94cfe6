"""Running the digest's entry point within a test."""

from datetime import datetime, timedelta

from click.testing import CliRunner, Result

from jobs.post_health_digest import main

HOUR = timedelta(hours=1)


def run(end: datetime, *more: str, start: datetime | None = None, mode: str = "provisional") -> Result:
    """The digest of the window that ends then, an hour long unless said."""
    window = ["--start", (start or end - HOUR).isoformat(), "--end", end.isoformat(), "--mode", mode, "--run-key", "key"]
    return CliRunner().invoke(main, [*window, "--now", end.isoformat(), *more])


def last_line(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output.splitlines()[-1]
