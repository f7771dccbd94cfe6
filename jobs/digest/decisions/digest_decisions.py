"""What is decided of a channel's digest, once: which release leads, in which order they are told, and what is said of each. Holds no wording."""

from dataclasses import dataclass

from jobs.digest.decisions.release_decisions import WORST_FIRST, Decision, decide, headline_release
from jobs.digest.facts.digest_facts import DigestFacts


@dataclass(frozen=True)
class Digest:
    """A channel's facts and what is decided of them: words are made of it, then messages of these.

    `releases` has the headline's first, then the worst states, then the newest.
    """

    facts: DigestFacts
    releases: tuple[Decision, ...]

    @property
    def headline(self) -> Decision | None:
        """The release that leads; None where nothing was ever scored."""
        return self.releases[0] if self.releases else None


def decide_digest(facts: DigestFacts) -> Digest:
    """What the channel's messages of this window tell of."""
    first = headline_release(facts)
    decisions = [decide(facts, release) for release in facts.releases]
    return Digest(facts, tuple(sorted(decisions, key=lambda decision: (decision.release is not first, *_attention(decision)))))


def _attention(decision: Decision) -> tuple[int, float, str]:
    verdict = decision.release.verdict
    return WORST_FIRST.index(verdict.state), verdict.age_hours, verdict.release_version
