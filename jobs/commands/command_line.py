"""How every entry point speaks: plain errors instead of tracebacks, and nothing from clients that a terminal or a log would obey."""

import io
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

import click

from jobs.commands.expected_troubles import explain_trouble
from jobs.wording.client_text import as_printed


class EntryPoint(click.Command):
    """A command whose exit code is 1 whatever goes wrong, and whose last words say what to do about it.

    A trouble that is not expected is a fault of this program: its traceback is printed, then what it was in one line.
    """

    def invoke(self, ctx: click.Context) -> Any:
        with _printed_harmlessly():
            try:
                return super().invoke(ctx)
            except click.ClickException as error:
                told = error
            except (click.exceptions.Exit, click.Abort):
                raise
            except Exception as error:
                told = _told(error, str(ctx.info_name))
            told.show()  # here, where nothing that it quotes acts on the terminal
            ctx.exit(told.exit_code)


def _told(error: Exception, command: str) -> click.ClickException:
    explained = explain_trouble(error)
    if explained is None:
        click.echo("".join(traceback.format_exception(error)), err=True)
        explained = f"this was not expected, and is a fault of {command}: {type(error).__name__}: {error}"
    return click.ClickException(explained)


class _HarmlessText(io.TextIOBase):
    """A stream that shows what would act on a terminal instead of passing it on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def write(self, text: str) -> int:
        self._stream.write(as_printed(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True


@contextmanager
def _printed_harmlessly() -> Iterator[None]:
    import sys

    with redirect_stdout(_HarmlessText(sys.stdout)), redirect_stderr(_HarmlessText(sys.stderr)):
        yield
