"""The secret by which clients are told apart: from the environment; beside the local stack's data, a random one of its own."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from jobs.deployment.private_folders import make_private_folder
from jobs.deployment.settings import LOCAL, SettingsError

SECRET_VARIABLE = "CLIENT_KEY_SECRET"  # noqa: S105  (a variable's name)
SECRET_BEFORE_VARIABLE = "CLIENT_KEY_SECRET_BEFORE"  # noqa: S105
_MIN_CHARACTERS = 32
_MAX_CHARACTERS = 64
_MAKE_ONE = "python -c 'import secrets; print(secrets.token_hex(32))' makes one"


def client_secrets(landing: str, environment: Mapping[str, str] = os.environ) -> tuple[bytes, bytes | None]:
    """The secret, and that before it while one follows the other. SettingsError where there is none, or it is none."""
    given = environment.get(SECRET_VARIABLE)
    before = environment.get(SECRET_BEFORE_VARIABLE)
    if not given:
        if before:
            raise SettingsError(f"{SECRET_BEFORE_VARIABLE} is set and {SECRET_VARIABLE} is not: what comes after it? {_MAKE_ONE}")
        return _local_secret(landing), None
    return _checked(SECRET_VARIABLE, given), _checked(SECRET_BEFORE_VARIABLE, before) if before else None


def _checked(variable: str, secret: str) -> bytes:
    if not (_MIN_CHARACTERS <= len(secret) <= _MAX_CHARACTERS and secret.isascii()):
        raise SettingsError(f"{variable} must be {_MIN_CHARACTERS} to {_MAX_CHARACTERS} characters that nobody guesses; {_MAKE_ONE}")
    return secret.encode()


def _local_secret(landing: str) -> bytes:
    """Made once for what lies in the local stack's folder. Of other places somebody must say it: a new one would part their past from now."""
    if "://" in landing or not Path(landing).resolve().is_relative_to(LOCAL.resolve()):
        raise SettingsError(
            f"{SECRET_VARIABLE} is not set. Clients are told apart by a keyed hash, and every run of a deployment needs the same key: {_MAKE_ONE}; "
            "keep it as you keep passwords (docs/runbook.md, 'The secret of the clients' keys')"
        )
    file = make_private_folder(LOCAL) / "client_key_secret"
    if not file.exists():
        with NamedTemporaryFile("w", dir=file.parent) as own, suppress(FileExistsError):  # for its user alone
            own.write(secrets.token_hex(32))
            own.flush()
            os.link(own.name, file)  # whoever comes first; nobody reads half of one
    return file.read_text().encode()
