"""The root message of a channel and day: verdict first, one sentence, what to do, what needs attention, the table, the data line.

A phone shows the first three columns of its table; the thread has the whole one.
"""

from collections.abc import Sequence

from jobs.decisions.track_record_words import record_line
from jobs.declarations.states import ReviewVerdict, State
from jobs.digest.decisions.release_decisions import GOOD_STATES, Decision, decide, headline_release
from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook
from jobs.digest.messages.message_blocks import (
    Block,
    bold,
    bullets,
    header,
    link_line,
    paragraph,
    rows_within_budget,
    small_print,
    table,
    words,
)
from jobs.digest.messages.page_links import view_links
from jobs.digest.wording.attention_items import MOST_ITEMS, attention_items, problem_items
from jobs.digest.wording.build_words import build_links, build_words
from jobs.digest.wording.data_line import data_line, has_no_figures, short_data_line, trouble_sentences
from jobs.digest.wording.experiment_words import blame_words
from jobs.digest.wording.reach_words import has_people, reach_words
from jobs.digest.wording.verdict_advice import action, caveats
from jobs.digest.wording.verdict_words import (
    MARKS,
    WORST_FIRST,
    headline,
    notes_to_tell,
    outlook,
    reviewed_state_words,
    sentence,
    state_words,
)
from jobs.products.chosen import PRODUCT
from jobs.verdicts.health_cells import ALL
from jobs.wording.cell_words import population_words, state_name
from jobs.wording.client_text import as_label
from jobs.wording.people_words import beside_usual_words
from jobs.wording.shown_numbers import UNKNOWN, clock_words, count_words, interval_words, percent_words, ratio_words

TABLE_HEAD = ("Release", "State", "Ratio", "90 % interval, where")
_PEOPLE_HEAD = ("Crash-free users, 24 h", "Adoption by people")
MOST_ROOT_ROWS = 6


def releases_in_order(facts: DigestFacts) -> list[ReleaseLook]:
    """The headline's release first, then the worst states, then the newest."""
    first = headline_release(facts)
    others = sorted(
        (release for release in facts.releases if release is not first),
        key=lambda release: (WORST_FIRST.index(release.verdict.state), release.verdict.age_hours, release.version),
    )
    return [first, *others] if first is not None else others


def marked_state(decision: Decision) -> str:
    """`⛔ regressed (confirmed), final`, for a table."""
    final = ", final" if decision.is_final else ""
    return f"{MARKS[decision.release.verdict.state]} {reviewed_state_words(decision)}{final}"


def release_row(decision: Decision) -> list[str]:
    """A release's row of the table: its ratio, then how sure that is and of whom. The first three columns are short: a phone shows no more."""
    cell, state = decision.cell, decision.release.verdict.state
    remarks = [*(["final verdict"] if decision.is_final else []), *([decision.said] if decision.said else [])]
    if cell.ratio is None or state is State.DATA_PROBLEM:
        return [as_label(decision.release.version), state_words(state), "–", ", ".join(remarks)]
    where = [interval_words(cell.ratio_low, cell.ratio_high), population_words(cell), *remarks]
    return [as_label(decision.release.version), state_words(state), ratio_words(cell.ratio), ", ".join(where)]


def _people_row(release: ReleaseLook) -> list[str]:
    """What a release's row tells of people; like the ratio, nothing of data that is not to be trusted."""
    if release.verdict.state is State.DATA_PROBLEM:
        return [UNKNOWN, UNKNOWN]
    return [beside_usual_words(release.verdict), percent_words(release.verdict.adoption_by_people)]


def channel_name(facts: DigestFacts) -> str:
    """`Firefox beta`, or `Firefox` where no channel was ever scored."""
    return PRODUCT.label if facts.channel == ALL else f"{PRODUCT.label} {as_label(facts.channel)}"


def is_all_good(facts: DigestFacts) -> bool:
    """Every release in use is healthy or improved, the window is complete, and nothing asks for attention."""
    states_are_good = bool(facts.releases) and all(r.verdict.state in GOOD_STATES for r in facts.releases)
    has_caveats = any(caveats(decide(facts, r)) or notes_to_tell(r.verdict) or problem_items(r) for r in facts.releases)
    return states_are_good and not (
        trouble_sentences(facts) or facts.failed_expectations or facts.restatements or facts.experiments or facts.worse_later or has_caveats
    )


def root_blocks(facts: DigestFacts) -> list[Block]:
    """The blocks of the root message."""
    release = headline_release(facts)
    if release is None:
        return _without_scores(facts)
    decision = decide(facts, release)
    if is_all_good(facts):
        told = paragraph(words(f"{' '.join([sentence(decision), *reach_words(decision), action(decision)])} {short_data_line(facts)}"))
        return [header(headline(decision)), told, *link_line(view_links(facts, [release])), *_track_record(facts)]
    troubles, items = trouble_sentences(facts), attention_items(facts, release)
    is_without_figures = facts.is_stale or has_no_figures(facts)
    blocks = [header(_stale_headline(facts, release) if is_without_figures else headline(decision))]
    if troubles:
        blocks.append(bullets([[words(trouble)] for trouble in troubles]) if len(troubles) > 1 else paragraph(words(troubles[0])))
    blocks.append(paragraph(*_verdict_elements(facts, decision, is_alone=not (troubles or items), is_repeated=is_without_figures)))
    blocks.extend(_attention(items))
    record = _track_record(facts)
    closing, releases = small_print(data_line(facts)), releases_in_order(facts)
    rows, head = [release_row(decide(facts, each)) for each in releases], list(TABLE_HEAD)
    if has_people(releases):
        rows, head = [row + _people_row(each) for row, each in zip(rows, releases, strict=True)], [*TABLE_HEAD, *_PEOPLE_HEAD]
    links = link_line(build_links(facts, release) | view_links(facts, releases[:MOST_ROOT_ROWS]))
    shown = rows_within_budget([*blocks, *links, *record, closing], head, rows, MOST_ROOT_ROWS)
    left_out = f"And {count_words(len(rows) - shown)} more in the thread." if shown < len(rows) else ""
    table_blocks = [table(head, rows[:shown])]
    return [*blocks, *table_blocks, *links, *record, small_print(*filter(None, (left_out, data_line(facts))))]


def _verdict_elements(facts: DigestFacts, decision: Decision, *, is_alone: bool, is_repeated: bool) -> Sequence[dict[str, object]]:
    """Sentence, action and caveats; led by the verdict's own headline where the message's says that there are no figures."""
    as_of = clock_words(decision.release.verdict.as_of, facts.window_start)
    lead = f"Last verdict, {as_of}: {headline(decision)}\n" if is_repeated else ""
    weak = "".join(f"\n{caveat}" for caveat in caveats(decision))
    return [
        words(f"{lead}{' '.join([sentence(decision), *_around_the_verdict(facts, decision)])}\n"),
        bold(action(decision, is_alone=is_alone)),
        *([words(weak)] if weak else []),
    ]


def _around_the_verdict(facts: DigestFacts, decision: Decision) -> list[str]:
    """Who is to blame, since which build, what it costs and when more is known, and what people notice."""
    return [*blame_words(facts, decision), *build_words(facts, decision.release), *outlook(decision), *reach_words(decision)]


def _track_record(facts: DigestFacts) -> list[Block]:
    """How far the verdicts can be relied on, once a week."""
    return [] if facts.track_record is None else [small_print(record_line(facts.track_record, "the last year"))]


def _attention(items: Sequence[str]) -> list[Block]:
    if not items:
        return []
    shown = [[words(item)] for item in items[:MOST_ITEMS]]
    if len(items) > MOST_ITEMS:
        shown[-1] = [words(f"And {len(items) - MOST_ITEMS + 1} more in the thread")]
    return [paragraph(bold("Needs attention")), bullets(shown)]


def _stale_headline(facts: DigestFacts, release: ReleaseLook) -> str:
    """The state is named, too: somebody who reads the first line only must not take a regression for a fault of the pipeline."""
    since = clock_words(release.verdict.as_of, facts.window_start)
    bad = f", last: {MARKS[State.REGRESSED]} {as_label(release.version)} {state_name(State.REGRESSED)}"
    is_bad = release.verdict.state is State.REGRESSED and release.answer != ReviewVerdict.DISMISSED
    missing = f"no new figures since {since}" if facts.is_stale else "figures incomplete"
    return f"✖ {channel_name(facts)} – {missing}{bad if is_bad else ''}"


def _without_scores(facts: DigestFacts) -> list[Block]:
    """No release has ever been scored: say why, as far as it is known."""
    troubles = trouble_sentences(facts) or ["The data arrived, but there is no release to score yet."]
    return [
        header(f"✖ {channel_name(facts)} – no figures yet"),
        bullets([[words(trouble)] for trouble in troubles]),
        small_print(data_line(facts)),
    ]
