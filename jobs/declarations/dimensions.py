"""Every dimension of the product: what its declaration (jobs/products/) has, and what the tables have besides, of which its pings say nothing.

Rules are named here and implemented in `jobs/pings/field_rules.py`; a test holds the two together.
"""

from dataclasses import dataclass

from jobs.declarations.product import Dimension, Stratum
from jobs.products.chosen import PRODUCT

CHANNELS: tuple[str, ...] = tuple(channel.name for channel in PRODUCT.channels)
APPLICATIONS: tuple[str, ...] = PRODUCT.applications or (PRODUCT.label,)
OLDEST_BUILD_DAYS = 183
NEWEST_BUILD_DAYS = 1  # a build may carry tomorrow's date in a zone east of us
UNKNOWN_COUNTRY = "??"

_UNDECLARED: tuple[Dimension, ...] = (
    Dimension("application", (), "the_product", "The product's name."),
    Dimension("version", (), "the_release", "The release version."),
    Dimension("display_version", (), "text", "Not told by this product's pings.", nullable=True),
    Dimension("build_id", (), "text", "Not told by this product's pings.", nullable=True),
    Dimension("architecture", (), "text", "Not told by this product's pings.", nullable=True, stratum="value"),
    Dimension("os_version", (), "text", "Not told by this product's pings.", nullable=True, stratum="first_part"),
    Dimension("country", (), "country", "Not told by this product's pings: `??`.", stratum="country_group"),
)
"""Columns that every product's tables have, so that queries and scoring are the same for all of them."""

DIMENSIONS: tuple[Dimension, ...] = (
    *PRODUCT.dimensions,
    *(missing for missing in _UNDECLARED if missing.name not in {dimension.name for dimension in PRODUCT.dimensions}),
)


@dataclass(frozen=True)
class StratumColumn:
    """A column by which users are told apart, made of a dimension."""

    name: str
    dimension: Dimension
    made_by: Stratum


_NAMES = {"value": "{}", "first_part": "{}_major", "country_group": "{}_group"}
# Small strata are merged from the last column on: countries first, operating systems last.
_RANKS = {"os_name": 0, "os_version": 1, "architecture": 2, "country": 9}

STRATUM_COLUMNS: tuple[StratumColumn, ...] = tuple(
    StratumColumn(_NAMES[dimension.stratum].format(dimension.name), dimension, dimension.stratum)
    for dimension in sorted(DIMENSIONS, key=lambda dimension: _RANKS.get(dimension.name, 5))
    if dimension.stratum is not None
)
"""From the operating system on, which is always the first."""

# Countries with enough users to be a stratum of their own; all others are one group.
# Scoring coarsens further from what the baselines hold.
COUNTRY_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("north_america", ("US", "CA")),
    ("western_europe", ("DE", "FR", "GB", "IT", "ES", "NL", "BE", "AT", "CH", "PT", "IE", "SE", "NO", "DK", "FI")),
    ("eastern_europe", ("PL", "RU", "UA", "CZ", "RO", "HU", "BY", "SK", "BG")),
    ("south_asia", ("IN", "PK", "BD", "LK")),
    ("east_asia", ("CN", "JP", "KR", "TW", "HK", "ID", "VN", "TH", "MY", "PH")),
    ("latin_america", ("BR", "MX", "AR", "CO", "CL", "PE", "VE")),
)
OTHER_COUNTRIES = "other"
