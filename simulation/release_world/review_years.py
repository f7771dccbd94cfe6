"""Years of verdicts and of what people said of them, with the true precision and recall. Shares no code with what describes them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ReviewWorld:
    """`bad` of the releases are bad; of these `found` alarm, of the good ones `false_alarms`. People answer `answered` of the alarms, rightly, and
    learn of `learned` of the bad releases that did not alarm."""

    releases: int
    bad: float
    found: float
    false_alarms: float
    answered: float
    learned: float

    @property
    def precision(self) -> float:
        true_alarms = self.bad * self.found
        return true_alarms / (true_alarms + (1 - self.bad) * self.false_alarms)


@dataclass(frozen=True)
class ReviewedRelease:
    has_alarmed: bool
    said: str | None


def draw_world(releases: int, rng: np.random.Generator, learned: float | None = None) -> ReviewWorld:
    """`learned`: of the missed regressions; as often as alarms are answered, unless given."""
    answered = float(rng.uniform(0.4, 1.0))
    return ReviewWorld(
        releases,
        bad=float(rng.uniform(0.1, 0.3)),
        found=float(rng.uniform(0.4, 0.95)),
        false_alarms=float(rng.uniform(0.01, 0.1)),
        answered=answered,
        learned=answered if learned is None else learned,
    )


def draw_year(world: ReviewWorld, rng: np.random.Generator) -> list[ReviewedRelease]:
    is_bad = rng.random(world.releases) < world.bad
    has_alarmed = rng.random(world.releases) < np.where(is_bad, world.found, world.false_alarms)
    is_known = rng.random(world.releases) < np.where(has_alarmed, world.answered, world.learned * is_bad)
    said = np.where(is_bad, "confirmed", "dismissed")
    return [
        ReviewedRelease(bool(alarmed), str(verdict) if known else None)
        for alarmed, verdict, known in zip(has_alarmed, said, is_known, strict=True)
    ]
