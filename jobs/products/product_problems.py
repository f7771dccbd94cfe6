"""What is wrong with a product's declaration: every problem, with the field and what is allowed. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from jobs.declarations.product import (
    BuildRange,
    Builds,
    CappedPerClientHour,
    DurationAsHours,
    Measure,
    OnePerPing,
    OneWhere,
    Product,
    build_text,
)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NEEDED_DIMENSIONS = ("channel", "release_version", "os_name")
_NEEDED_POPULATIONS = ("active", "crashed")
_TABLES_OWN = {
    "window_start",
    "hour_start",
    "window_run_id",
    "experiment",
    "branch",
    "doc_type",
    "client_key",
    "client_key_before",
    "kind",
    "reason",
}
_RULES = (
    "channel",
    "application",
    "release_version",
    "version",
    "display_version",
    "build_id",
    "build_date",
    "text",
    "os_name",
    "os_version",
    "country",
)
"""Those of jobs/pings/field_rules.py that a product may name; a test holds the two together."""
_SHARES_DIFFER_BY = 1e-6


def product_problems(product: Product) -> list[str]:
    """A sentence for each; empty where the product can be worked with."""
    return [
        *_problems_of_names(product),
        *_problems_of_channels(product),
        *_problems_of_dimensions(product),
        *(problem for measure in product.measures for problem in _problems_of_measure(measure, product)),
        *_problems_of_scoring(product),
        *_problems_of_populations(product),
    ]


def _problems_of_names(product: Product) -> Iterator[str]:
    for field, names in {
        "name": [product.name],
        "ping_types": product.ping_types,
        "channels": [channel.name for channel in product.channels],
        "dimensions": [dimension.name for dimension in product.dimensions],
        "measures": [measure.name for measure in product.measures],
        "populations": [population.name for population in product.populations],
    }.items():
        if not names and field != "populations":
            yield f"{field}: there is none"
        for name in names:
            if not _NAME.fullmatch(name) and field not in ("ping_types", "channels"):
                yield f"{field}: {name!r} is no name of a column; small letters, digits and _ are allowed, at most 40"
            if field in ("ping_types", "channels") and (not name or not re.fullmatch(r"[\w.-]{1,40}", name)):
                yield f"{field}: {name!r} is no name of a folder; letters, digits, '.', '_' and '-' are allowed, at most 40"
        yield from (f"{field}: {name!r} is declared twice" for name, times in Counter(names).items() if times > 1)
    columns = [*(dimension.name for dimension in product.dimensions), *(measure.name for measure in product.measures)]
    yield from (f"{name!r} is a column of the tables already; take another name" for name in columns if name in _TABLES_OWN)
    if not product.label.strip() or len(product.label) > 40:
        yield f"label: {product.label!r} must be what people call the product, in at most 40 characters"
    yield from _unless_pattern("version_pattern", product.version_pattern)


def _problems_of_channels(product: Product) -> Iterator[str]:
    names = [channel.name for channel in product.channels]
    for channel in product.channels:
        if channel.stage_before is not None and channel.stage_before not in names:
            yield f"channels: the stage before {channel.name} is {channel.stage_before!r}; {_there_are(names)}"
        if channel.release_pattern is not None:
            yield from _unless_pattern(f"channels: release_pattern of {channel.name}", channel.release_pattern)
        if channel.is_rolling and not any(dimension.name == "build_id" for dimension in product.dimensions):
            yield f"channels: {channel.name} is rolling, but no dimension build_id says of which week a build is"
        if channel.builds is not None:
            yield from _problems_of_builds(channel.name, channel.builds, product)


def _problems_of_builds(channel: str, builds: Builds, product: Product) -> Iterator[str]:
    if not any(dimension.name == "build_id" for dimension in product.dimensions):
        yield f"channels: {channel} has builds, but no dimension build_id tells them apart"
    for name, template in (("changes_url", builds.changes_url), ("bisect_command", builds.bisect_command)):
        try:
            build_text(template or "", BuildRange("20261122093012", "20261123093012"))
        except (KeyError, IndexError, ValueError):
            yield f"channels: {name} of {channel} may hold {{good_build}}, {{bad_build}}, {{good_date}} and {{bad_date}} alone, not {template!r}"
    if builds.changes_url is not None and not builds.changes_url.startswith(("https://", "http://")):
        yield f"channels: changes_url of {channel} must begin with https://, not {builds.changes_url!r}"


def _problems_of_dimensions(product: Product) -> Iterator[str]:
    names = [dimension.name for dimension in product.dimensions]
    yield from (f"dimensions: {name} is missing; scoring compares releases by it" for name in _NEEDED_DIMENSIONS if name not in names)
    for dimension in product.dimensions:
        if dimension.name == "os_name" and dimension.stratum != "value":
            yield "dimensions: os_name needs stratum='value'; platforms are told apart by it"
        if isinstance(dimension.rule, str) and dimension.rule not in _RULES:
            yield f"dimensions: the rule of {dimension.name} is {dimension.rule!r}; {_there_are(_RULES)}, or a function"
        if not dimension.paths and not dimension.paths_in:
            yield f"dimensions: {dimension.name} has no path"
        yield from _unless_types(f"dimensions: paths_in of {dimension.name}", dimension.paths_in, product)
    if "application" in names and not product.applications:
        yield "applications: there is none, but a dimension application; name those that count"


def _problems_of_measure(measure: Measure, product: Product) -> Iterator[str]:
    here = f"measures: {measure.name}"
    yield from _unless_types(here, measure.pings, product)
    if not measure.pings:
        yield f"{here} is read from no ping"
    match measure.source:
        case DurationAsHours(path_by_ping=path_by_ping):
            missing = [ping for ping in measure.pings if ping not in dict(path_by_ping)]
            yield from (f"{here}: path_by_ping has no path for {ping} pings" for ping in missing)
            if measure.unit != "hours":
                yield f"{here}: its unit is {measure.unit!r}, but it is read as hours"
        case CappedPerClientHour(of=of, limit=limit):
            uncapped = next((other for other in product.measures if other.name == of), None)
            if uncapped is None or uncapped.pings != measure.pings or isinstance(uncapped.source, CappedPerClientHour):
                yield f"{here} caps {of!r}, which is no measure of single pings of the same types"
            if limit < 1:
                yield f"{here}: a limit of {limit} leaves nothing"
        case OneWhere(conditions=()):
            yield f"{here} has no condition; OnePerPing() counts every ping"
        case _:
            pass


def _problems_of_scoring(product: Product) -> Iterator[str]:
    by_name = {measure.name: measure for measure in product.measures}
    usage, crashes = by_name.get("usage_hours"), by_name.get("crash_pings")
    if usage is None or not isinstance(usage.source, DurationAsHours):
        yield "measures: usage_hours must be there, as DurationAsHours: it is what crashes are counted against"
    if crashes is None or not isinstance(crashes.source, OnePerPing):
        yield "measures: crash_pings must be there, as OnePerPing(): whether crash reports come at all is judged by it"
    shares = [measure.scoring.alarm_share for measure in product.measures if measure.scoring]
    if not any(shares):
        yield "measures: none decides; at least one needs Scoring(alarm_share=...) above 0"
    elif abs(sum(shares) - 1.0) > _SHARES_DIFFER_BY:
        yield f"measures: the alarm shares add up to {sum(shares):g}; they are parts of a release's false alarms and add up to 1"


def _problems_of_populations(product: Product) -> Iterator[str]:
    in_pings = [measure.name for measure in product.measures if not isinstance(measure.source, CappedPerClientHour)]
    for population in product.populations:
        here = f"populations: {population.name}"
        if not population.measures:
            yield f"{here} is read from no measure"
        yield from (
            f"{here}: {name!r} is no measure of single pings; {_there_are(in_pings)}"
            for name in population.measures
            if name not in in_pings
        )
    if product.populations:
        names = [population.name for population in product.populations]
        yield from (
            f"populations: {name} is missing; crash-free users are told of {' and '.join(_NEEDED_POPULATIONS)}"
            for name in _NEEDED_POPULATIONS
            if name not in names
        )


def _unless_types(here: str, pings: Iterable[str], product: Product) -> Iterator[str]:
    yield from (
        f"{here}: {ping!r} is none of the ping types; {_there_are(product.ping_types)}" for ping in pings if ping not in product.ping_types
    )


def _unless_pattern(here: str, pattern: str) -> Iterator[str]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{here}: {pattern!r} is no regular expression: {error}"


def _there_are(names: Collection[str]) -> str:
    return f"there are {', '.join(names)}"
