"""Several products in one deployment: each has a section in the settings file, and places, a ledger and a namespace of its own.

    [products.harbor]
    landing = "s3://lake/harbor"
    slack_channel = "harbor-health"

What a section does not say is as for the default product; of its places, as there with the product's name behind it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PRODUCTS_OWN = {
    "product",
    "landing",
    "staging",
    "data_docs",
    "pages",
    "ledger_uri",
    "release_calendar",
    "rollouts",
    "digest_routing",
    "pages_url",
}
"""What two products must not share; a variable of the environment says it for the default product alone."""
_BESIDE = ("staging", "data_docs", "pages")


class SettingsError(Exception):
    """The settings are not valid; the message names file or variable, key, what was found and what is allowed."""


def products_in(document: Mapping[str, Any], path: Path | None) -> dict[str, dict[str, Any]]:
    """The products' sections by name."""
    sections = document.get("products", {})
    if not isinstance(sections, dict) or not all(isinstance(section, dict) for section in sections.values()):
        raise SettingsError(f"{path}: products must hold a section for each product, such as [products.harbor]")
    return sections


def settings_of_product(default: Mapping[str, Any], section: Mapping[str, Any], name: str, path: Path | None) -> dict[str, Any]:
    """What a product's section says, and what follows from the default product's settings where it says nothing."""
    if "landing" not in section:
        raise SettingsError(f"{path}: products.{name} lacks landing, where the product's pings lie")
    places = {key: f"{str(default[key]).rstrip('/')}_{name}" for key in _BESIDE if default.get(key)}
    return (
        {"product": name, "digest_routing": None, "release_calendar": None, "rollouts": None, "pages_url": None}
        | places
        | _ledger(default, section, name, path)
        | dict(section)
    )


def _ledger(default: Mapping[str, Any], section: Mapping[str, Any], name: str, path: Path | None) -> dict[str, str]:
    """Two products' messages must not be taken for each other's, and both have a channel beta."""
    uri = str(default.get("ledger_uri") or "")
    if "ledger_uri" in section or not uri:
        return {}
    if not uri.startswith("sqlite"):
        raise SettingsError(
            f"{path}: products.{name} lacks ledger_uri; two products cannot keep one ledger, so give it a database or schema of its own"
        )
    return {"ledger_uri": f"{uri.removesuffix('.db')}_{name}.db"}
