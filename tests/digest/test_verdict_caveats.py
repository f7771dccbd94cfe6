"""What the digest says weakens a verdict."""

from jobs.digest.digest_facts import State
from jobs.digest.verdict_words import caveats
from tests.digest.facts_factory import a_cell, a_regressed_cell, a_release


def test_something_outside_of_the_release_is_told_where_it_touches_the_verdict():
    release = a_release(State.REGRESSED, cells=(a_regressed_cell(environment_factor=1.9),))
    assert "the one before crashes 1.9" in " ".join(caveats(release))


def test_a_noisy_small_platform_is_not_taken_for_something_outside():
    cells = (a_regressed_cell(environment_factor=1.0), a_cell(platform="Darwin", environment_factor=1.9))
    assert "Not only this release" not in " ".join(caveats(a_release(State.REGRESSED, cells=cells)))
