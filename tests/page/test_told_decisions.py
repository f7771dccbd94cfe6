"""What the page says of a channel's experiments beside the rows that it shows of them, and how it orders releases after their first week."""

from jobs.page.contents.told_decisions import MOST_BRANCHES, DecisionRows
from tests.page.page_lake import NOON, later_row


def branches(*states: str) -> DecisionRows:
    return DecisionRows(experiments=tuple({"experiment": f"pref-{i}", "state": state} for i, state in enumerate(states)))


def test_a_channel_without_experiments_is_told_nothing_of_them():
    assert DecisionRows().experiments_said() == []


def test_nobody_takes_an_experiment_that_is_not_judged_for_innocent():
    verdict, unjudged = branches("quiet", "not_judged").experiments_said()
    assert verdict == "No branch of those that are judged is to blame."
    assert unjudged.startswith("Not judged: pref-1. The shares of its branches have drifted")


def test_a_branch_to_blame_is_told_first():
    assert branches("quiet", "guilty").experiments_said()[0].startswith("A branch that is to blame")


def test_branches_that_are_not_shown_are_counted():
    assert len(branches(*["quiet"] * MOST_BRANCHES).experiments_said()) == 1
    assert branches(*["quiet"] * 80).experiments_said()[-1] == f"Shown are {MOST_BRANCHES} of 80 comparisons."


def test_what_is_worse_after_its_week_comes_first_with_its_platform():
    rows = (
        later_row("57.0b5", "quiet", adoption=0.6),
        later_row("57.0b6", "quiet", platform="Windows_NT"),
        later_row("57.0b6", "quiet", platform="all"),
        later_row("57.0b6", "worse", platform="Darwin", worse_since=NOON),
    )
    told = DecisionRows(later=rows).told_later()
    assert [(row.version_label, row.platform_label) for row in told] == [
        ("57.0b6", "macOS"),
        ("57.0b5", "all platforms"),
        ("57.0b6", "all platforms"),
        ("57.0b6", "Windows"),
    ]


def test_rows_of_before_platforms_were_watched_are_of_all():
    old = later_row("57.0b5", "worse", worse_since=NOON)
    del old["platform"]
    decisions = DecisionRows(later=(old,))
    assert [row.platform_label for row in decisions.told_later()] == ["all platforms"]
    assert [look.platform for look in decisions.worse_later()] == ["all"]
