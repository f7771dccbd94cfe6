"""What the demo's world is called in the pings of each product: its channel, its releases, its systems."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.products.chosen import PRODUCT


@dataclass(frozen=True)
class Names:
    """`releases`: what everybody uses at the start, four healthy ones, and the current one. `build_version` is what a build of theirs says."""

    channel: str
    build_version: str
    releases: tuple[str, ...]
    systems: Mapping[str, str] = field(default_factory=dict)
    crash_ratio: float = 2.0
    """How much more often the current release crashes on Windows."""

    def system(self, os_name: str) -> str:
        """An operating system as the product's pings name it."""
        return self.systems.get(os_name, os_name)


_SYSTEMS = {"Windows_NT": "Windows"}
NAMES_BY_PRODUCT = {
    "firefox": Names("beta", "57.0", ("57.0b3", "57.0b4", "57.0b5", "57.0b6", "57.0b7", "57.0b8")),
    "glean": Names("beta", "146.0", ("146.0b2", "146.0b3", "146.0b4", "146.0b5", "146.0b6", "146.0b7"), _SYSTEMS),
    "harbor": Names(
        "preview", "4.12.0", ("4.7.0", "4.8.0", "4.9.0", "4.10.0", "4.11.0", "4.12.0"), {"Windows_NT": "Windows", "Darwin": "macOS"}, 3.0
    ),
}
NAMES = NAMES_BY_PRODUCT.get(PRODUCT.name, NAMES_BY_PRODUCT["firefox"])
