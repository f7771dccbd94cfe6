"""The names of measures, platforms and groups of users as people say them."""

from jobs.client_text import as_label
from jobs.digest.digest_facts import ALL, Cell
from jobs.measures import MEASURES

_MEASURES = {measure.name: measure for measure in MEASURES}
_PLATFORMS = {"Windows_NT": "Windows", "Darwin": "macOS"}
_STRATUM_PARTS = 4  # operating system, its version, architecture, country group


def measure_words(measure: str) -> str:
    """`browser crashes` for main_crashes_capped; names unknown to the declarations as they are."""
    declared = _MEASURES.get(measure)
    return declared.label if declared else as_label(measure.replace("_", " "))


def is_critical(measure: str) -> bool:
    """Whether a measure decides the state of its release."""
    declared = _MEASURES.get(measure)
    return declared is not None and declared.scoring is not None and declared.scoring.is_critical


def severity_cost(measure: str) -> float:
    """How much a measure weighs beside others; 0 where it is not scored."""
    declared = _MEASURES.get(measure)
    return declared.scoring.severity_cost if declared is not None and declared.scoring is not None else 0.0


def platform_words(platform: str) -> str:
    """A platform by the name that people use."""
    return "all platforms" if platform == ALL else _PLATFORMS.get(platform, as_label(platform))


def stratum_words(stratum: str) -> str:
    """`Windows 10, x86-64, western europe` for the stratum `Windows_NT / 10 / x86-64 / western_europe`; others as they are."""
    parts = stratum.split(" / ")
    if len(parts) != _STRATUM_PARTS:
        return as_label(stratum, 60)
    platform, version, architecture, group = (as_label(part) for part in parts)
    countries = "other countries" if group == "other" else group.replace("_", " ")
    return f"{platform_words(platform)} {version}, {architecture}, {countries}"


def where_words(cell: Cell) -> str:
    """Where a cell is: ` on Windows`, ` among Windows 10 x86-64 in western_europe`, or nothing for all platforms."""
    if cell.stratum != ALL:
        return f" among {stratum_words(cell.stratum)}"
    return "" if cell.platform == ALL else f" on {platform_words(cell.platform)}"
