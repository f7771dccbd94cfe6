"""What a channel's root message says, in words: the verdict, what needs attention, the table of releases, the data line."""

from dataclasses import dataclass

from jobs.decisions.track_record_words import record_line
from jobs.declarations.states import State
from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.decisions.release_decisions import GOOD_STATES, Decision
from jobs.digest.facts.digest_facts import DigestFacts
from jobs.digest.wording.attention_items import attention_items, problem_items
from jobs.digest.wording.build_words import build_links, build_words
from jobs.digest.wording.data_line import data_line, has_no_figures, short_data_line, trouble_sentences
from jobs.digest.wording.experiment_words import blame_words
from jobs.digest.wording.reach_words import has_people, people_row, reach_words
from jobs.digest.wording.verdict_advice import action, caveats
from jobs.digest.wording.verdict_words import MARKS, channel_name, headline, notes_to_tell, outlook, sentence, state_words
from jobs.digest.wording.view_links import view_links
from jobs.wording.cell_words import population_words, state_name
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import clock_words, interval_words, ratio_words

TABLE_HEAD: tuple[str, ...] = ("Release", "State", "Ratio", "90 % interval, where")
_PEOPLE_HEAD = ("Crash-free users, 24 h", "Adoption by people")
MOST_ROOT_ROWS = 6


@dataclass(frozen=True)
class VerdictWords:
    """What is told of the release that leads: sentences, what to do, and what weakens the verdict."""

    told: str
    action: str
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class RootWords:
    """The root message. `verdict` is None where nothing was ever scored; `rows` are of all releases, and none where all is well."""

    headline: str
    data: str
    troubles: tuple[str, ...] = ()
    verdict: VerdictWords | None = None
    is_all_good: bool = False
    items: tuple[str, ...] = ()
    head: tuple[str, ...] = TABLE_HEAD
    rows: tuple[list[str], ...] = ()
    links: dict[str, str] | None = None
    record: str | None = None


def root_words(digest: Digest) -> RootWords:
    """The words of the root message."""
    facts, decision, troubles = digest.facts, digest.headline, tuple(trouble_sentences(digest.facts))
    if decision is None:
        why = troubles or ("The data arrived, but there is no release to score yet.",)
        return RootWords(f"✖ {channel_name(facts.channel)} – no figures yet", data_line(facts), why)
    record = None if facts.track_record is None else record_line(facts.track_record, "the last year")
    if _is_all_good(digest, troubles):
        short = VerdictWords(" ".join([sentence(decision), *reach_words(decision)]), action(decision), ())
        links = view_links(facts, [decision])
        return RootWords(headline(decision), short_data_line(facts), verdict=short, is_all_good=True, links=links, record=record)
    items, is_without_figures = tuple(attention_items(digest)), facts.is_stale or has_no_figures(facts)
    told = " ".join([sentence(decision), *_around_the_verdict(facts, decision)])
    # Where the message's headline says that there are no figures, the verdict's own leads its sentence.
    lead = f"Last verdict, {clock_words(decision.release.verdict.as_of, facts.window_start)}: {headline(decision)}\n"
    verdict = VerdictWords(
        told=f"{lead if is_without_figures else ''}{told}",
        action=action(decision, is_alone=not (troubles or items)),
        caveats=tuple(caveats(decision)),
    )
    rows, head = [_release_row(each) for each in digest.releases], TABLE_HEAD
    if has_people(digest.releases):
        rows = [row + people_row(each.release.verdict) for row, each in zip(rows, digest.releases, strict=True)]
        head = (*TABLE_HEAD, *_PEOPLE_HEAD)
    return RootWords(
        headline=_stale_headline(facts, decision) if is_without_figures else headline(decision),
        data=data_line(facts),
        troubles=troubles,
        verdict=verdict,
        items=items,
        head=head,
        rows=tuple(rows),
        links=build_links(facts, decision.release) | view_links(facts, digest.releases[:MOST_ROOT_ROWS]),
        record=record,
    )


def _is_all_good(digest: Digest, troubles: tuple[str, ...]) -> bool:
    """Every release in use is healthy or improved, the window is complete, and nothing asks for attention."""
    facts = digest.facts
    if troubles or facts.failed_expectations or facts.restatements or facts.experiments or facts.worse_later:
        return False
    return all(
        each.release.verdict.state in GOOD_STATES
        and not (caveats(each) or notes_to_tell(each.release.verdict) or problem_items(each.release))
        for each in digest.releases
    )


def _around_the_verdict(facts: DigestFacts, decision: Decision) -> list[str]:
    """Who is to blame, since which build, what it costs and when more is known, and what people notice."""
    return [*blame_words(facts, decision), *build_words(facts, decision.release), *outlook(decision), *reach_words(decision)]


def _release_row(decision: Decision) -> list[str]:
    """A release's row of the table: its ratio, then how sure that is and of whom. The first three columns are short: a phone shows no more."""
    cell, state = decision.cell, decision.release.verdict.state
    remarks = [*(["final verdict"] if decision.is_final else []), *([decision.said] if decision.said else [])]
    if cell.ratio is None or state is State.DATA_PROBLEM:
        return [as_label(decision.release.version), state_words(state), "–", ", ".join(remarks)]
    where = [interval_words(cell.ratio_low, cell.ratio_high), population_words(cell), *remarks]
    return [as_label(decision.release.version), state_words(state), ratio_words(cell.ratio), ", ".join(where)]


def _stale_headline(facts: DigestFacts, decision: Decision) -> str:
    """The state is named, too: somebody who reads the first line only must not take a regression for a fault of the pipeline."""
    verdict = decision.release.verdict
    since = clock_words(verdict.as_of, facts.window_start)
    bad = f", last: {MARKS[State.REGRESSED]} {as_label(verdict.release_version)} {state_name(State.REGRESSED)}"
    is_bad = verdict.state is State.REGRESSED and not decision.is_dismissed
    missing = f"no new figures since {since}" if facts.is_stale else "figures incomplete"
    return f"✖ {channel_name(facts.channel)} – {missing}{bad if is_bad else ''}"
