"""Which branch of an experiment is to blame, in words. Names of experiments and branches come from clients."""

from jobs.declarations.states import ExperimentState, State
from jobs.digest.decisions.release_decisions import Decision
from jobs.digest.facts.digest_facts import DigestFacts, ExperimentLook
from jobs.verdicts.health_cells import ALL
from jobs.wording.cell_words import measure_words, on_platform
from jobs.wording.client_text import as_label
from jobs.wording.decision_words import UNJUDGED_WHY
from jobs.wording.shown_numbers import clock_words, interval_words, plural, ratio_words

_MOST_BLAMED = 2


def blame_words(facts: DigestFacts, decision: Decision) -> list[str]:
    """One sentence for each branch that is to blame, the surest first."""
    blamed = guilty_branches(facts)
    lead = "An experiment, too" if decision.release.verdict.state is State.REGRESSED else "It is not the release"
    told = [f"{lead}: {_branch_words(look)}. Ask whoever runs it to stop that branch." for look in blamed[:_MOST_BLAMED]]
    left = len(blamed) - len(told)
    return [*told, *([f"And {plural(left, 'more branch', 'more branches')}: see the table experiment_health."] if left else [])]


def guilty_branches(facts: DigestFacts) -> list[ExperimentLook]:
    """Each branch once: told from all platforms together where these show it, else from the surest platform or measure."""
    guilty = [look for look in facts.experiments if look.state == ExperimentState.GUILTY]
    by_branch: dict[tuple[str, str], ExperimentLook] = {}
    for look in sorted(guilty, key=lambda look: (look.platform == ALL, look.evidence)):
        by_branch[look.experiment, look.branch] = look
    return sorted(by_branch.values(), key=lambda look: (-look.evidence, look.experiment, look.branch))


def unjudged_items(facts: DigestFacts) -> list[str]:
    """Experiments of which nothing can be said."""
    names = sorted({look.experiment for look in facts.experiments if look.state == ExperimentState.NOT_JUDGED})
    return [f"Experiment {as_label(name)} is not judged: {UNJUDGED_WHY}" for name in names]


def _branch_words(look: ExperimentLook) -> str:
    times = ratio_words(look.ratio).removesuffix("x")
    since = f", since {clock_words(look.guilty_since)}" if look.guilty_since is not None else ""
    return (
        f"branch {as_label(look.branch)} of {as_label(look.experiment)} has {times} times the {measure_words(look.measure)}{on_platform(look.platform)} of its other "
        f"branches (90 % interval {interval_words(look.ratio_low, look.ratio_high)}){since}"
    )
