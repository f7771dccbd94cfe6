"""What the digest says a verdict rests on, and what weakens it."""

from dataclasses import replace
from datetime import timedelta

from jobs.declarations.states import State
from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.release_decisions import decide, said_of_release
from jobs.digest.wording.attention_items import attention_items
from jobs.digest.wording.verdict_advice import caveats
from jobs.digest.wording.verdict_words import sentence
from tests.digest.facts_factory import NOON, a_cell, a_regressed_cell, a_release, a_review, some_facts


def decided(release):
    return decide(some_facts(release), release)


def test_something_outside_of_the_release_is_told_where_it_touches_the_verdict():
    release = a_release(State.REGRESSED, cells=(a_regressed_cell(environment_factor=1.9),))
    assert "the one before crashes 1.9" in " ".join(caveats(decided(release)))


def test_a_noisy_small_platform_is_not_taken_for_something_outside():
    cells = (a_regressed_cell(environment_factor=1.0), a_cell(platform="Darwin", environment_factor=1.9))
    assert "Not only this release" not in " ".join(caveats(decided(a_release(State.REGRESSED, cells=cells))))


PART = {"scope": "trailing", "platform": "all", "p_unacceptable": 0.99}


def test_the_sentence_is_told_from_what_alarms_and_not_from_the_platform_that_is_called_regressed_for_it():
    platform, part = a_cell(State.REGRESSED, p_unacceptable=0.3, ratio=1.1), a_regressed_cell(**PART)
    assert a_release(State.REGRESSED, (platform, part)).cell is part


def test_of_cells_that_alarm_by_themselves_the_whole_platform_is_told_first():
    platform, part = a_regressed_cell(p_unacceptable=0.91), a_regressed_cell(**PART)
    assert a_release(State.REGRESSED, (part, platform)).cell is platform


def test_a_release_that_is_watched_for_a_measure_that_does_not_decide_is_told_from_it():
    critical, other = a_cell(), a_regressed_cell(measure="plugin_crashes")
    watched = a_cell(State.WATCH, measure="gmplugin_crashes", p_unacceptable=0.6)
    assert a_release(State.WATCH, (critical, watched, other)).cell is other


def test_a_verdict_without_alarm_is_told_of_all_platforms_if_they_agree_with_it():
    """The release's row carries the figures of the platform that looks least good."""
    everywhere, mac = a_cell(ratio=1.07), a_cell(platform="Darwin", ratio=1.0)
    content = a_cell(measure="content_crashes_capped", ratio=1.1)
    verdict = {"ratio": 1.0, "expected_crashes": mac.expected_crashes}
    assert a_release(cells=(mac, content, everywhere), **verdict).cell is everywhere
    improved = replace(everywhere, state=State.IMPROVED)
    assert a_release(cells=(mac, improved), **verdict).cell is mac


def test_a_cell_that_alarms_for_a_part_of_it_asks_for_no_attention_of_its_own():
    platform, part = a_cell(State.REGRESSED, p_unacceptable=0.3), a_regressed_cell(**PART)
    release = a_release(State.REGRESSED, (platform, part))
    assert attention_items(decide_digest(some_facts(release))) == []


def test_a_mute_that_has_ended_is_not_said_to_hold():
    muted = a_review("open", muted_until=NOON + timedelta(hours=1))
    assert said_of_release(a_release(State.REGRESSED, review=muted)) == "muted"
    assert said_of_release(a_release(State.REGRESSED, review=replace(muted, muted_until=NOON))) is None


def test_one_crash_is_not_told_as_several():
    first_hour = a_release(State.TOO_EARLY, (a_cell(State.TOO_EARLY, observed_crashes=1.0, usage_hours=185.0),), age_hours=1.0)
    assert sentence(decided(first_hour)).startswith("57.0b8 is 1 h old, with 1 browser crash in 185 usage hours so far.")


def test_a_platform_that_is_a_group_of_users_as_well_is_told_once():
    whole = a_cell(State.REGRESSED, ratio=1.9, p_unacceptable=0.99)
    on_macos = a_cell(State.WATCH, scope="platform", platform="Darwin", ratio=1.6, p_unacceptable=0.9)
    among_macos = a_cell(State.WATCH, scope="stratum", stratum="Darwin", ratio=1.5, p_unacceptable=0.8)
    on_linux = a_cell(State.WATCH, scope="platform", platform="Linux", ratio=1.4, p_unacceptable=0.7)
    release = a_release(State.REGRESSED, cells=(whole, on_macos, among_macos, on_linux))
    assert attention_items(decide_digest(some_facts(release))) == [
        "57.0b8, the same crashes elsewhere: 1.60x on macOS, 1.40x on Linux; watch since 22 Nov 09:00 UTC"
    ]
