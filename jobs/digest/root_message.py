"""The root message of a channel and day: verdict first, one sentence, what to do, the table, what needs attention, the data line."""

from collections.abc import Sequence

from jobs.client_text import as_label
from jobs.digest.attention_items import MOST_ITEMS, attention_items, problem_items
from jobs.digest.data_words import data_line, has_no_figures, short_data_line, trouble_sentences
from jobs.digest.digest_facts import ALL, DigestFacts, ReleaseLook, State
from jobs.digest.message_blocks import Block, bold, bullets, header, paragraph, rows_within_budget, small_print, table, words
from jobs.digest.review_words import is_dismissed
from jobs.digest.verdict_advice import action, caveats
from jobs.digest.verdict_words import (
    GOOD_STATES,
    STATE_WORDS,
    WORST_FIRST,
    deciding_cell,
    headline,
    notes_to_tell,
    release_score_words,
    reviewed_state_words,
    sentence,
)
from jobs.number_words import clock_words, count_words, interval_words, percent_words, ratio_words

TABLE_HEAD = ("Release", "State", "Score", "Crash ratio (90 %)", "Crashes", "Usage hours", "Adoption")
MOST_ROOT_ROWS = 6
_MUCH_ADOPTION, _YOUNG_HOURS = 0.05, 168
"""A regressed release leads while people move to it, and as long as one in twenty runs it."""
_LEAST_ADOPTION = 0.005
"""A version with less of its channel's hours than this leads no headline: anybody can send a ping with a version of their own."""


def headline_release(facts: DigestFacts) -> ReleaseLook | None:
    """A regressed release that many run leads, unless a person dismissed the alarm; else the newest that anybody runs."""
    regressed = [r for r in facts.releases if r.verdict.state is State.REGRESSED and not is_dismissed(r)]
    leading = [r for r in regressed if _adoption(r) >= _MUCH_ADOPTION or r.verdict.age_hours <= _YOUNG_HOURS]
    in_use = [r for r in facts.releases if _adoption(r) >= _LEAST_ADOPTION]
    return min(leading or in_use or facts.releases, key=lambda r: (r.verdict.age_hours, r.version), default=None)


def _adoption(release: ReleaseLook) -> float:
    return release.verdict.adoption or 0.0


def releases_in_order(facts: DigestFacts) -> list[ReleaseLook]:
    """The headline's release first, then the worst states, then the newest."""
    first = headline_release(facts)
    others = sorted(
        (release for release in facts.releases if release is not first),
        key=lambda release: (WORST_FIRST.index(release.verdict.state), release.verdict.age_hours, release.version),
    )
    return [first, *others] if first is not None else others


def release_row(release: ReleaseLook) -> list[str]:
    """A release's row of the table."""
    verdict, cell = release.verdict, deciding_cell(release)
    has_ratio = cell.ratio is not None
    return [
        as_label(release.version),
        f"{STATE_WORDS[verdict.state].mark} {reviewed_state_words(release)}",
        release_score_words(release),
        f"{ratio_words(cell.ratio)} ({interval_words(cell.ratio_low, cell.ratio_high)})" if has_ratio else "–",
        count_words(cell.observed_crashes),
        count_words(cell.usage_hours),
        percent_words(verdict.adoption),
    ]


def channel_name(facts: DigestFacts) -> str:
    """`Firefox beta`, or `Firefox` where no channel was ever scored."""
    return "Firefox" if facts.channel == ALL else f"Firefox {as_label(facts.channel)}"


def is_all_good(facts: DigestFacts) -> bool:
    """Every release in use is healthy or improved, the window is complete, and nothing asks for attention."""
    states_are_good = bool(facts.releases) and all(r.verdict.state in GOOD_STATES for r in facts.releases)
    has_caveats = any(caveats(release) or notes_to_tell(release.verdict) or problem_items(release) for release in facts.releases)
    return states_are_good and not (trouble_sentences(facts) or facts.failed_expectations or facts.restatements or has_caveats)


def root_blocks(facts: DigestFacts) -> list[Block]:
    """The blocks of the root message."""
    release = headline_release(facts)
    if release is None:
        return _without_scores(facts)
    if is_all_good(facts):
        return [header(headline(release)), paragraph(words(f"{sentence(release)} {action(release)} {short_data_line(facts)}"))]
    troubles = trouble_sentences(facts)
    blocks = [header(_stale_headline(facts, release) if facts.is_stale or has_no_figures(facts) else headline(release))]
    if troubles:
        blocks.append(bullets([[words(trouble)] for trouble in troubles]) if len(troubles) > 1 else paragraph(words(troubles[0])))
    blocks.append(paragraph(*_verdict_elements(facts, release)))
    blocks.extend(_attention(facts, release))
    closing = small_print(data_line(facts))
    ordered = releases_in_order(facts)
    rows = [release_row(each) for each in ordered]
    shown = rows_within_budget([*blocks, closing], TABLE_HEAD, rows, MOST_ROOT_ROWS)
    left_out = f"And {count_words(len(rows) - shown)} more in the thread." if shown < len(rows) else ""
    table_blocks = [table(TABLE_HEAD, rows[:shown], right_from=2)]
    return [*blocks, *table_blocks, small_print(*filter(None, (left_out, data_line(facts))))]


def _verdict_elements(facts: DigestFacts, release: ReleaseLook) -> Sequence[dict[str, object]]:
    lead = f"Last verdict, {clock_words(release.verdict.as_of, facts.window_start)}: {headline(release)}\n" if facts.is_stale else ""
    weak = "".join(f"\n{caveat}" for caveat in caveats(release))
    return [words(f"{lead}{sentence(release)}\n"), bold(_todo(facts, release)), *([words(weak)] if weak else [])]


def _todo(facts: DigestFacts, release: ReleaseLook) -> str:
    """An old verdict is no reason to go on."""
    if facts.is_stale and release.verdict.state not in (State.REGRESSED, State.WATCH):
        return f"Wait for new figures before you widen the rollout of {as_label(release.version)}."
    return action(release)


def _attention(facts: DigestFacts, release: ReleaseLook) -> list[Block]:
    items = attention_items(facts, release)
    if not items:
        return []
    shown = [[words(item)] for item in items[:MOST_ITEMS]]
    if len(items) > MOST_ITEMS:
        shown[-1] = [words(f"And {len(items) - MOST_ITEMS + 1} more in the thread")]
    return [paragraph(bold("Needs attention")), bullets(shown)]


def _stale_headline(facts: DigestFacts, release: ReleaseLook) -> str:
    since = clock_words(release.verdict.as_of, facts.window_start)
    return f"✖ {channel_name(facts)} – {f'no new figures since {since}' if facts.is_stale else 'figures incomplete'}"


def _without_scores(facts: DigestFacts) -> list[Block]:
    """No release has ever been scored: say why, as far as it is known."""
    troubles = trouble_sentences(facts) or ["The data arrived, but there is no release to score yet."]
    return [
        header(f"✖ {channel_name(facts)} – no figures yet"),
        bullets([[words(trouble)] for trouble in troubles]),
        small_print(data_line(facts)),
    ]
