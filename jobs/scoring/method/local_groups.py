"""Which parts of a release are compared with its rest: groups of users and whole platforms (docs/method.md#parts-of-a-release)."""

from dataclasses import dataclass

import numpy as np

from jobs.scoring.method.release_history import ReleaseHistory


@dataclass(frozen=True)
class LocalGroup:
    """Parts of a release that deviate from it by the same `scale`: their names, and for each the positions of its strata."""

    names: tuple[str, ...]
    strata: tuple[tuple[int, ...], ...]
    scale: float


def local_groups(history: ReleaseHistory, stratum_names: tuple[str, ...]) -> list[LocalGroup]:
    """The strata that any baseline had, and the platforms; none where there is but one, without a rest to be compared with."""
    platforms = {platform.name: platform.strata for platform in history.platforms}
    seen = [i for i in np.flatnonzero(history.has_baseline) if stratum_names[i] not in platforms]
    if history.has_baseline.sum() <= 1:
        return []
    strata = LocalGroup(tuple(stratum_names[i] for i in seen), tuple((int(i),) for i in seen), history.stratum_scale)
    return [group for group in (strata, LocalGroup(tuple(platforms), tuple(platforms.values()), history.platform_scale)) if group.names]
