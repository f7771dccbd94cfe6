"""Every measure of the product: extraction, schemas, expectations, scoring, the digest's words and the data dictionary derive from here.

A new measure is a new row in the product's declaration (jobs/products/).
"""

from jobs.declarations.product import Measure, PingType
from jobs.products.chosen import PRODUCT

PING_TYPES: tuple[PingType, ...] = PRODUCT.ping_types
MEASURES: tuple[Measure, ...] = PRODUCT.measures
SCORED_MEASURES: tuple[Measure, ...] = tuple(measure for measure in MEASURES if measure.scoring is not None)
CRITICAL_MEASURES: tuple[str, ...] = tuple(measure.name for measure in SCORED_MEASURES if measure.scoring and measure.scoring.is_critical)
"""Those that decide the state of their release."""
MAIN_MEASURE = max(SCORED_MEASURES, key=lambda measure: measure.scoring.alarm_share if measure.scoring else 0.0).name
"""The measure with the largest part of a release's false alarms: delays and holdbacks are judged by it."""
HAS_UPDATES = any(measure.name == "updates" for measure in MEASURES)
"""Whether clients tell that they moved to a version, before their first hours are known."""


def measure_named(name: str) -> Measure:
    """The declared measure of that name; a KeyError that lists the names otherwise."""
    for measure in MEASURES:
        if measure.name == name:
            return measure
    raise KeyError(f"no measure {name!r} is declared for {PRODUCT.name}; declared: {', '.join(m.name for m in MEASURES)}")
