"""docs/evaluation.md: every figure of it measured by the study, none typed in."""

from collections.abc import Mapping
from pathlib import Path

from simulation.evaluation.chunk import Results
from simulation.evaluation.families import family_table, family_targets
from simulation.evaluation.pictures import draw_calibration, draw_detection, draw_hours, draw_robustness
from simulation.evaluation.plan import AS_RUN, FamilyStudy, Study
from simulation.evaluation.tables import (
    ablation_table,
    by_time_table,
    calibration_table,
    ceiling_table,
    markdown_table,
    robustness_table,
    side_by_side,
    sizes_table,
    transient_table,
    verdicts_table,
)
from simulation.evaluation.targets import all_targets
from simulation.evaluation.weather import weather_section, weather_targets
from simulation.evaluation.weather_plan import WeatherStudy

NOTES = "evaluation_notes.md"
"""Written by hand, beside the report: what the misses come from and what was tried."""


def write_report(
    studies: list[Study], families: list[FamilyStudy], weather: list[WeatherStudy], results: Mapping[str, Results], seed: int, docs: Path
) -> Path:
    """Tables and figures of the study; returns the file. What a person wrote in `evaluation_notes.md` stands at its end."""
    figures = docs / "evaluation"
    figures.mkdir(parents=True, exist_ok=True)
    stress = [study for study in studies if study.name.startswith("robustness ")]
    calibration = [study for study in studies if study.name.startswith("calibration ")]
    draw_detection(results["main 200k"], figures / "detection.svg")
    draw_hours(results["main 200k"], figures / "hours.svg")
    draw_calibration({s.name: results[s.name] for s in calibration if not s.ablation}, figures / "calibration.svg")
    draw_robustness(results, stress, figures / "robustness.svg")
    notes = docs / NOTES
    sections = [*_sections(studies, families, weather, results, seed), notes.read_text(encoding="utf-8") if notes.exists() else ""]
    report = docs / "evaluation.md"
    report.write_text("\n\n".join(section.strip() for section in sections if section) + "\n", encoding="utf-8")
    return report


def _sections(
    studies: list[Study], families: list[FamilyStudy], weather: list[WeatherStudy], results: Mapping[str, Results], seed: int
) -> list[str]:
    sizes = ["main 10k", "main 200k", "main 5M"]
    long = [study.name for study in studies if study.name.startswith(("K 12", AS_RUN))]
    stress = [study for study in studies if study.name.startswith("robustness ")]
    ablations = [study for study in studies if study.name.startswith("ablation ")]
    calibration = [study for study in studies if study.name.startswith("calibration ")]
    return [
        _introduction(studies, results, seed),
        "## Targets and what was reached",
        _targets(results, weather),
        "## Everything that can make a release regressed",
        "A release has seven measures on three platforms and on all, twelve groups of users, and is judged by the pipeline's own path from its record: kernels as "
        "measured at each look, tau0 learned over its cells, guards on. *Regressed* is the release's state at any look of its week, which is "
        "broadcast once; *others* are releases of which a measure that does not decide regressed, which makes *watch*.",
        family_table(results, families),
        "## Side by side, 200k users, 8 past releases",
        "Found within a week / median hours of those found. Rivals have the threshold that gives 1 % false alarms *on the very releases "
        "judged*, and the best of six blackouts: an oracle's advantage. *Local* is one stratum with 9 % of the users.",
        side_by_side(results["main 200k"]),
        "![Detection by size of the regression](evaluation/detection.svg)",
        "![Share of 2x regressions found by hour](evaluation/hours.svg)",
        "## Channel size, more history, update counts",
        "The main worlds give the scorer crashes and received hours alone. *As the pipeline runs it* adds what the pipeline always has: update counts, the "
        "delays measured in each release's own weeks, and tau0 learned over cells. `2x from hour 72` counts hours from the onset and includes the trailing cell.",
        sizes_table(results, [*sizes, *long]),
        by_time_table(results, [*sizes, *long]),
        "How far log observed/expected of a healthy release strays from the truth early on:",
        transient_table(results, [*sizes, *long]),
        "## The ceiling",
        "Found, of what anybody could find at 1 % false alarms without randomisation (from the spread of the healthy releases' true ratios).",
        ceiling_table(results, sizes),
        "## Healthy, and how often it is said of a bad release",
        verdicts_table(results, sizes),
        "## Calibration of the score",
        "Expected calibration error / coverage of the 90 % interval, by hours since release; 80 % healthy, 12 % worse, 3 % better, 5 % worse "
        "in one stratum.",
        calibration_table(results, calibration),
        "![Calibration curves](evaluation/calibration.svg)",
        "## What each part is for",
        "One part taken out at a time; the history is fitted without it.",
        ablation_table(results, ablations),
        "## Worlds that are not as assumed",
        robustness_table(results, stress),
        "![False alarms by world](evaluation/robustness.svg)",
        *weather_section(results, weather),
    ]


def _introduction(studies: list[Study], results: Mapping[str, Results], seed: int) -> str:
    releases = sum(len(results[study.name]["label"]) for study in studies)
    main = results["main 200k"]
    healthy = int((main["label"] == "healthy").sum())
    return (
        "# Is the scorer right? A study on releases whose truth is known\n\n"
        f"Written by `make evaluate-scoring` (`.venv/bin/python -m simulation.evaluate_scoring`), seed {seed}; development used other seeds. "
        f"{releases:,} simulated releases were judged at 168 hourly looks each. The world (`simulation/release_world*.py`) has 12 strata of users, "
        "throttled rollouts, early adopters who crash more, update bursts, delays that differ by release and stratum, clustered counts, "
        "an environment that wanders, weekends, drift, and releases that differ though nothing is wrong with them. It shares no code with the scorer. "
        "A *false alarm* is any alarm in a release-week, of the release as a whole or of one of its 12 strata, on a release with nothing wrong. "
        "Standard errors (±) are clustered by history.\n\n"
        f"The study at 200k users judged {healthy:,} healthy releases with all rivals in {main['seconds'].sum() / 60:.1f} minutes of one core, "
        "simulation included."
    )


def _targets(results: Mapping[str, Results], weather: list[WeatherStudy]) -> str:
    targets = [*family_targets(results), *all_targets(results), *weather_targets(results, weather)]
    rows = [[t.number, t.text, t.figure, "yes" if t.is_met else "**no**"] for t in targets]
    return markdown_table(["", "target", "measured", "met"], rows)
