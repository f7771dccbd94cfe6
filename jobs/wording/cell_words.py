"""The names of states, measures, platforms and groups of users as people say them, for the digest and for `explain`."""

from jobs.declarations.dimensions import STRATUM_COLUMNS
from jobs.declarations.measures import MEASURES
from jobs.products.chosen import PRODUCT
from jobs.verdicts.health_cells import ALL, Cell
from jobs.wording.client_text import as_label

_MEASURES = {measure.name: measure for measure in MEASURES}
_UNKNOWN = "unknown"
_HAS_COUNTRIES = any(dimension.name == "country" for dimension in PRODUCT.dimensions)


def state_name(state: str) -> str:
    """`data problem` for data_problem, `not judged` for not_judged."""
    return state.replace("_", " ")


def measure_words(measure: str) -> str:
    """`browser crashes` for main_crashes_capped; names unknown to the declarations as they are."""
    declared = _MEASURES.get(measure)
    return declared.label if declared else as_label(measure.replace("_", " "))


def platform_words(platform: str) -> str:
    """A platform by the name that people use."""
    return "all platforms" if platform == ALL else PRODUCT.platforms.get(platform, as_label(platform))


def on_platform(platform: str) -> str:
    """` on Windows`, or nothing for all platforms."""
    return "" if platform == ALL else f" on {platform_words(platform)}"


def stratum_words(stratum: str) -> str:
    """`Windows 10, x86-64, western europe` for the stratum `Windows_NT / 10 / x86-64 / western_europe`, `macOS` for a platform; others as they are."""
    parts = stratum.split(" / ")
    if len(parts) != len(STRATUM_COLUMNS):
        return PRODUCT.platforms.get(stratum, as_label(stratum, 60))
    told = {column.name: as_label(part) for column, part in zip(STRATUM_COLUMNS, parts, strict=True) if part != _UNKNOWN}
    system = " ".join(filter(None, (platform_words(told.pop("os_name", _UNKNOWN)), told.pop("os_version_major", ""))))
    if group := told.pop("country_group", ""):
        told["country_group"] = "" if not _HAS_COUNTRIES else "other countries" if group == "other" else group.replace("_", " ")
    return ", ".join(filter(None, (system, *told.values())))


def where_words(cell: Cell) -> str:
    """Where a cell is: ` on Windows`, ` among Windows 10 x86-64 in western_europe`, or nothing for all platforms."""
    if cell.stratum != ALL:
        is_platform = " / " not in cell.stratum and cell.stratum != "other"
        return f" {'on' if is_platform else 'among'} {stratum_words(cell.stratum)}"
    return on_platform(cell.platform)


def population_words(cell: Cell) -> str:
    """Whose figures a cell holds: `all platforms`, `Windows`, `all platforms, last 24 h`, `Windows 10, x86-64, western europe`."""
    where = stratum_words(cell.stratum) if cell.stratum != ALL else platform_words(cell.platform)
    return f"{where}, last 24 h" if cell.scope == "trailing" else where


def place_words(cell: Cell) -> str:
    """`browser crashes on Windows`, `browser crashes on all platforms in the last 24 h`."""
    where = where_words(cell) or " on all platforms"
    return f"{measure_words(cell.measure)}{where}{' in the last 24 h' if cell.scope == 'trailing' else ''}"
