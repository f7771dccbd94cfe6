"""What can go wrong around an entry point, and what to do about it. Pure: from an exception to a sentence."""

import errno
from collections.abc import Callable, Mapping

_OURS = ("jobs.", "expectations.")


def explain_trouble(error: BaseException) -> str | None:
    """What happened and what to do next; None for an error that nobody foresaw.

    Libraries are told by the names of their exceptions: importing them all would take longer than most commands run.
    """
    kinds = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    if type(error).__module__.startswith(_OURS):
        return str(error)
    for kind in kinds:
        if explain := _EXPLAINED.get(kind):
            return explain(error)
    if type(error).__module__.startswith("pyiceberg."):
        return _catalog_answered(error)
    return None


def _catalog_answered(error: BaseException) -> str:
    return (
        f"the Iceberg catalog answered: {_first_line(error) or type(error).__name__}; check that it is reachable and that the settings' "
        "[catalog] (PYICEBERG_CATALOG__LAKE__*) name it, then run this again"
    )


def _database_refused(error: BaseException) -> str:
    return (
        f"a database cannot be used: {_first_line(getattr(error, 'orig', None) or error)}; check that it runs and what ledger_uri (LEDGER_URI) "
        "and the catalog's uri name, then run this again"
    )


def _not_a_database(error: BaseException) -> str:
    return (
        f"a database URI cannot be used: {_first_line(error)}; ledger_uri (LEDGER_URI) and the catalog's uri look like "
        "sqlite:////folder/file.db or postgresql+psycopg2://host/database"
    )


def _unreachable(error: BaseException) -> str:
    return f"a server cannot be reached: {_first_line(error)}; check that it runs and the address in the settings, then run this again"


def _object_store_refused(error: BaseException) -> str:
    return f"the object store cannot be used: {_first_line(error)}; check the AWS variables and the location in the settings"


def _spark_could_not_start(error: BaseException) -> str | None:
    if "JAVA" not in str(error).upper():
        return None
    return "Spark could not start Java: install Java 17, or let JAVA_HOME name it, then run this again (the lines above say why)"


def _file_trouble(error: BaseException) -> str | None:
    if not isinstance(error, OSError) or error.errno is None:
        return f"a file or address cannot be used: {_first_line(error)}; check the places in the settings" if str(error) else None
    what = error.filename if isinstance(error.filename, str) else "a file"
    said = f"{what}: {error.strerror}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{said}; make room there, then run this again: nothing half-written is read"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{said}; give this user the right to it, or name another place in the settings"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"{said}; check the places in the settings (LANDING, STAGING, RELEASE_CALENDAR, DIGEST_ROUTING and so on)"
    return said


_EXPLAINED: Mapping[str, Callable[[BaseException], str | None]] = {
    "sqlalchemy.exc.ArgumentError": _not_a_database,
    "sqlalchemy.exc.NoSuchModuleError": _not_a_database,
    "sqlalchemy.exc.DBAPIError": _database_refused,
    "requests.exceptions.RequestException": _unreachable,
    "botocore.exceptions.BotoCoreError": _object_store_refused,
    "botocore.exceptions.ClientError": _object_store_refused,
    "pyspark.errors.exceptions.base.PySparkRuntimeError": _spark_could_not_start,
    "builtins.OSError": _file_trouble,
}


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else ""
