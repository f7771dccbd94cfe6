"""Strata for standardisation: as fine as the baselines' counts allow (docs/method.md#strata).

A stratum that is too small joins the others of its parent that are too small: from the last declared column on: first countries are
merged, then architectures, then versions of the operating system, then operating systems.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.declarations.policies import StrataPolicy
from jobs.scoring.method.arrays import Array

FineStratum = tuple[str, ...]
"""The values of the declared columns of strata, the operating system first (os_name, os_version_major, architecture, country_group); an unknown one
is the empty string."""
OTHER = "other"


@dataclass(frozen=True)
class Strata:
    """`names` of the strata; `of_fine` gives the stratum of each fine one; `parents` its operating system."""

    names: tuple[str, ...]
    parents: tuple[str, ...]
    of_fine: NDArray[np.int64]


@dataclass(frozen=True)
class Platform:
    """A platform among the strata of all: its name and the positions of its strata that any baseline had."""

    name: str
    strata: tuple[int, ...]


def platforms_of(parents: Sequence[str], is_seen: NDArray[np.bool_]) -> tuple[Platform, ...]:
    """The platforms of strata, each named by its stratum in `parents`; none where there is only one.

    What was too small for a stratum of its platform's own (`OTHER`) is of none.
    """
    names = sorted({parent for parent, seen in zip(parents, is_seen, strict=False) if seen and parent != OTHER})
    found = tuple(Platform(name, tuple(i for i, parent in enumerate(parents) if parent == name and is_seen[i])) for name in names)
    return found if len(found) > 1 else ()


def coarsen(fine: tuple[FineStratum, ...], usage_hours: Array, crashes: Array, is_seen: NDArray[np.bool_], policy: StrataPolicy) -> Strata:
    """Strata with at least 1 % of the baselines' usage hours and 50 of their crashes, at most 30; the rest is `other`.

    A fine stratum that no baseline has seen goes to a stratum of its own for each operating system, named `new`.
    """
    min_usage = policy.min_usage_share * float(usage_hours.sum())
    sizes = Counter(stratum[:depth] for stratum, seen in zip(fine, is_seen, strict=True) if seen for depth in range(1, len(stratum) + 1))
    names: set[tuple[str, ...]] = set()
    group_of: dict[int, tuple[str, ...]] = {}
    open_groups: dict[int, FineStratum] = {i: fine[i] for i in range(len(fine)) if is_seen[i]}
    deepest = max(map(len, fine), default=0)
    for depth in range(deepest, 0, -1):
        members: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for i, key in open_groups.items():
            members[key[:depth]].append(i)
        for prefix, group in sorted(members.items()):
            is_large = usage_hours[group].sum() >= min_usage and crashes[group].sum() >= policy.min_crashes
            if is_large and len(names) < policy.most - 1:
                name = prefix if depth == deepest or len(group) == sizes[prefix] else (*prefix, OTHER)
                names.add(name)
                group_of.update(dict.fromkeys(group, name))
                for i in group:
                    del open_groups[i]
    group_of.update(dict.fromkeys(open_groups, (OTHER,)))
    group_of.update({i: (fine[i][0], "new") for i in range(len(fine)) if not is_seen[i]})
    groups = sorted(set(group_of.values()), key=lambda group: (group[-1] == "new", group == (OTHER,), group))
    code_of = {group: code for code, group in enumerate(groups)}
    return Strata(
        names=tuple(_label(group) for group in groups),
        parents=tuple(group[0] for group in groups),
        of_fine=np.array([code_of[group_of[i]] for i in range(len(fine))], dtype=np.int64),
    )


def _label(group: tuple[str, ...]) -> str:
    return " / ".join(part or "unknown" for part in group)
