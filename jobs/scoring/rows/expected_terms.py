"""The terms of what is expected of a release: hours of each group of users, its rate, and what moves it."""

from dataclasses import dataclass

import numpy as np

from jobs.scoring.looks.channel_scoring import ScoredCell
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.release_amounts import release_exposure


@dataclass(frozen=True)
class StratumShare:
    """What one stratum adds to the expected crashes: hours x crashes per 1000 h x factor for age, adoption and level."""

    name: str
    usage_hours: float
    crashes_per_1k_hours: float
    factor: float
    expected_crashes: float


def shares_since_release(cell: ScoredCell, look: int) -> list[StratumShare]:
    """The terms of what is expected of a cell since release, as known at the look; empty without baseline."""
    return [] if cell.looks is None else _shares(cell, look, 0, cell.looks.stratum_environment.since_release[:, [look]])


def shares_as_known_then(cell: ScoredCell, look: int, first_look: int = 0) -> list[StratumShare]:
    """The same in the hours from `first_look` on, as known in each of them."""
    return [] if cell.looks is None else _shares(cell, look, first_look, cell.looks.stratum_environment.factors[:, : look + 1])


def _shares(cell: ScoredCell, look: int, first_look: int, events: Array) -> list[StratumShare]:
    if cell.history is None or cell.looks is None:
        return []
    history, looks, counts = cell.history, cell.looks, cell.prepared.counts
    hours = slice(0, look + 1)
    known = counts.known[hours]
    usage_hours = counts.usage_hours[:, hours] * known
    exposure = release_exposure(history, counts, counts.hours).at(look)
    multiplier = np.exp(history.log_development(looks.adoption[hours], counts.release_hour)) * looks.environment[hours]
    expected = (history.rates[:, None] * exposure * multiplier * events)[:, first_look:].sum(axis=1)
    usage_hours = usage_hours[:, first_look:]
    is_counted = history.has_baseline | bool(looks.unseen_share[look] <= history.policy.verdict.max_unseen_share)
    return [
        StratumShare(
            cell.prepared.strata.names[i],
            float(usage_hours[i].sum()),
            1000 * float(history.rates[i]),
            float(expected[i] / (history.rates[i] * usage_hours[i].sum())),
            float(expected[i]),
        )
        for i in range(len(expected))
        if is_counted[i] and usage_hours[i].sum() > 0
    ]
