"""Whom the product's tables count as people: those of its declaration (jobs/products/). Empty where its pings name no client."""

from jobs.declarations.product import CappedPerClientHour, Population
from jobs.products.chosen import PRODUCT

POPULATIONS: tuple[Population, ...] = PRODUCT.populations
ACTIVE = "active"
CRASHED = "crashed"
UPDATED = "updated"
"""Not every product has it."""
OTHER_GROUP = "other"
"""Release and operating system of clients whose own group is too small to stand in a row."""
MIN_GROUP_CLIENTS = 20
POPULATION_BY_MEASURE: dict[str, str] = {
    measure.name: population.name
    for measure in PRODUCT.measures
    for population in POPULATIONS
    if measure.scoring and isinstance(measure.source, CappedPerClientHour) and population.measures == (measure.source.of,)
}
"""Whose clients have the crashes of a scored measure, of which a client adds at most some in an hour."""
