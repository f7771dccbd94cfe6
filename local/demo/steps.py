"""The demo's steps on the console: what goes on, and how long each step took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

Say = Callable[[str], None]
"""Tells what a step is doing now."""


class DemoSteps:
    """A spinner on a terminal; in a log, a line for each step that ended and for each thing it said."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()

    @property
    def elapsed_seconds(self) -> float:
        return time.monotonic() - self._started

    @contextmanager
    def step(self, name: str) -> Iterator[Say]:
        """Shows the step while the block runs, and its seconds afterwards; a failure is marked and goes on up."""
        started = time.monotonic()
        if not self._console.is_terminal:
            self._line("begin", name)
        with self._console.status(f"{escape(name)} ...") as status:
            said: list[str] = []

            def say(words: str) -> None:
                if said and said[-1] == words:
                    return
                said.append(words)
                if self._console.is_terminal:
                    status.update(f"{escape(name)}: {escape(words)}")
                else:
                    self._console.print(f"{self.elapsed_seconds:6.0f} s   {escape(words)}", highlight=False, soft_wrap=True)

            try:
                yield say
            except BaseException:
                self._line("[red]failed[/]", f"{name}, after {time.monotonic() - started:.0f} s")
                raise
        self._line("[green]done[/]", f"{name}, in {time.monotonic() - started:.0f} s")

    def _line(self, outcome: str, words: str) -> None:
        self._console.print(f"{self.elapsed_seconds:6.0f} s {outcome} {escape(words)}", highlight=False, soft_wrap=True)
