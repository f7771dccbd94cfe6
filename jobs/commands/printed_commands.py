"""Commands as people are told to type them, in a shell whose folder is the checkout and whose environment says nothing."""

import os
import shlex

from jobs.deployment.settings import ROOT, SETTINGS_VARIABLE, product_of_file, product_setting, settings_file, unnamed_settings_file

_CHECKOUTS_PYTHON = ".venv/bin/python"


def printed_command(module: str, *arguments: str) -> str:
    """`.venv/bin/python -m jobs.<module> ...`, with the settings file that this process reads where a bare shell would find another one."""
    return " ".join([*_prefix(), python_command(), "-m", f"jobs.{module}", *(shlex.quote(argument) for argument in arguments)])


def python_command() -> str:
    """The checkout's Python; the one on the path in an image, which has none, and for a user who may not run it."""
    return _CHECKOUTS_PYTHON if os.access(ROOT / _CHECKOUTS_PYTHON, os.X_OK) else "python"


def _prefix() -> list[str]:
    """Tasks of a stack are told their file by a variable, and those of a further product its name; what a shell finds by itself need not be told."""
    mine, found = settings_file(), unnamed_settings_file({})
    product = [] if product_setting() == product_of_file(mine) else [f"PRODUCT={shlex.quote(product_setting())}"]
    if mine is None or (found is not None and mine.resolve() == found.resolve()):
        return product
    return [*product, f"{SETTINGS_VARIABLE}={shlex.quote(str(mine.absolute()))}"]
