"""Three pictures of a release, for the width of a phone: its ratio over time, its crash rate beside its baselines, recent scores.

Opaque and light, so that they read alike in Slack's light and dark theme; marks and line styles tell what colours tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from jobs.declarations.states import State
from jobs.digest.decisions.release_decisions import WORST_FIRST
from jobs.digest.facts.digest_facts import ReleaseLook
from jobs.digest.messages.outgoing_message import Picture
from jobs.digest.wording.verdict_words import shown_score
from jobs.verdicts.health_cells import ALARMING_STATES, Cell
from jobs.wording.cell_words import measure_words, state_name, where_words
from jobs.wording.client_text import as_data_label, as_label
from jobs.wording.shown_numbers import age_words, count_words, interval_words, plural, ratio_words, score_words

_INK, _QUIET, _PAPER = "#1d1c1d", "#6b6b6b", "#ffffff"
_BLUE, _ORANGE, _BAND = "#1f5fa8", "#b8480e", "#dfe9dc"
_MARKERS = {State.REGRESSED: "X", State.WATCH: "^", State.HEALTHY: "o", State.IMPROVED: "P", State.INCONCLUSIVE: "s"}
_NO_VERDICT = "$?$"
_INCHES, _DOTS_PER_INCH = (4.2, 2.9), 200
_TITLE_CHARACTERS = 46
_MOST_BASELINES = 8
_MOST_RECENT = 10


def release_pictures(
    release: ReleaseLook, history: Sequence[Cell], recent: Sequence[Cell], data_label: str | None = None
) -> tuple[Picture, ...]:
    """Pictures of what can be drawn, with the data's label.

    `history` is the deciding cell at earlier looks, of this release and of those before it; `recent` the last verdict of each recent release
    of the channel.
    """
    cell = release.cell
    own = sorted((past for past in history if past.release_version == release.version), key=lambda past: past.age_hours)
    others = [past for past in history if past.release_version != release.version]
    drawn = (_ratio_picture(release, cell, own), _rate_picture(release, cell, own, others), _score_picture(release, recent))
    return tuple(_finished(picture, data_label) for picture in drawn if picture is not None)


def _subject(cell: Cell) -> str:
    """`browser crashes on Windows in the last 24 h`."""
    return f"{measure_words(cell.measure)}{where_words(cell)}{' in the last 24 h' if cell.scope == 'trailing' else ''}"


def _compared(cell: Cell) -> str:
    return {"stratum": "its other users", "trailing": "its hours before"}.get(cell.scope, "earlier releases")


def _canvas(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, facecolor=_PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_facecolor(_PAPER)
    figure.suptitle(fill(title, _TITLE_CHARACTERS), fontsize=10, color=_INK, x=0.02, ha="left", fontweight="bold")
    axes.tick_params(labelsize=9, colors=_INK)
    axes.grid(visible=True, axis="y", color="#e4e4e4", linewidth=0.7)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


@dataclass(frozen=True)
class _Drawing:
    """A picture that is not yet written."""

    name: str
    title: str
    alt_text: str
    figure: Figure


def _finished(drawing: _Drawing, data_label: str | None) -> Picture:
    """The picture as PNG; the label is in it, since a picture is passed on without its message."""
    label, alt_text = "", drawing.alt_text
    if data_label:
        label = as_data_label(data_label)
        drawing.figure.supxlabel(label, x=0.99, ha="right", fontsize=8, color=_QUIET)
        alt_text = f"{alt_text} {label}."
    buffer = BytesIO()
    drawing.figure.savefig(buffer, format="png", facecolor=_PAPER)
    return Picture(drawing.name, drawing.title, alt_text, buffer.getvalue())


def _ratio_picture(release: ReleaseLook, cell: Cell, own: list[Cell]) -> _Drawing | None:
    known = [past for past in own if past.ratio is not None and past.ratio_low is not None and past.ratio_high is not None]
    if len(known) < 2 or cell.acceptable_ratio is None:
        return None
    version, subject = as_label(release.version), _subject(cell)
    figure, axes = _canvas(f"{version}: {subject}, against {_compared(cell)}")
    ages = [past.age_hours for past in known]
    low, high = [past.ratio_low or 0.0 for past in known], [past.ratio_high or 0.0 for past in known]
    limit = cell.acceptable_ratio
    top = min(max(*high, limit * 1.2), max(4.0, 1.5 * (known[-1].ratio_high or 4.0)))
    bottom = max(0.0, min(0.9 * min(low), 0.75) - 0.15)
    axes.axhspan(bottom, limit, color=_BAND, zorder=0)
    axes.axhline(limit, color="#3d6b35", linewidth=1.2, linestyle="--")
    axes.fill_between(ages, low, high, color=_BLUE, alpha=0.22, linewidth=0, label="90 % interval")
    axes.plot(ages, [past.ratio or 0.0 for past in known], color=_BLUE, linewidth=2.2)
    _mark_alarms(axes, known)
    axes.set_ylim(bottom, bottom + 1.3 * (top - bottom))  # room for the legend
    # In the corner, where the line of no release runs: the band reaches below what any release had.
    axes.annotate(
        f"acceptable: up to {ratio_words(limit)}",
        (0.99, 0.02),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=9,
        color="#2d5327",
    )
    axes.legend(fontsize=9, frameon=False, labelcolor=_INK, loc="upper right")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("hours since release", fontsize=9, color=_INK)
    axes.set_ylabel("times the usual crashes", fontsize=9, color=_INK)
    now = known[-1]
    alt_text = (
        f"{subject} of {version} against {_compared(cell)}, by hours since release, with the 90 % interval: "
        f"{ratio_words(now.ratio)} ({interval_words(now.ratio_low, now.ratio_high)}) after {age_words(now.age_hours)}; acceptable up to {ratio_words(limit)}."
    )
    return _Drawing("ratio.png", f"Ratio to {_compared(cell)}: {ratio_words(now.ratio)}", alt_text, figure)


def _mark_alarms(axes: Axes, known: list[Cell]) -> None:
    """A mark where a state begins and at the latest look: one at every look of a week would be a thick line."""
    states = [None, *(past.state for past in known)]
    begins = [past for past, before in zip(known, states, strict=False) if past.state is not before or past is known[-1]]
    told: set[State] = set()
    for past in begins:
        if past.state in (State.REGRESSED, State.WATCH):
            label = None if past.state in told else state_name(past.state)
            told.add(past.state)
            axes.plot(
                past.age_hours, past.ratio or 0.0, marker=_MARKERS[past.state], color=_ORANGE, markersize=9, linestyle="none", label=label
            )


def _rates(looks: Sequence[Cell]) -> tuple[list[float], list[float]]:
    known = sorted((c for c in looks if c.usage_hours and c.observed_crashes is not None), key=lambda c: c.age_hours)
    return [c.age_hours for c in known], [1_000 * (c.observed_crashes or 0.0) / (c.usage_hours or 1.0) for c in known]


def _rate_picture(release: ReleaseLook, cell: Cell, own: list[Cell], others: list[Cell]) -> _Drawing | None:
    ages, rates = _rates(own)
    if len(ages) < 2:
        return None
    version, subject = as_label(release.version), _subject(cell)
    figure, axes = _canvas(f"{subject[:1].upper()}{subject[1:]} per 1,000 usage hours")
    last_age = ages[-1]
    versions = [name for name in cell.baseline_versions if any(past.release_version == name for past in others)][:_MOST_BASELINES]
    at_this_age = []
    for number, name in enumerate(versions):
        then, past_rates = _rates([past for past in others if past.release_version == name and past.age_hours <= max(last_age * 1.15, 12)])
        if then:
            label = f"{plural(len(versions), 'earlier release')}" if number == 0 else None
            axes.plot(then, past_rates, color=_QUIET, linewidth=1.1, linestyle=(0, (4, 2)), alpha=0.85, label=label)
            at_this_age.append(min(zip(then, past_rates, strict=True), key=lambda point: abs(point[0] - last_age))[1])
    axes.plot(ages, rates, color=_ORANGE, linewidth=2.4, label=version)
    axes.plot(ages[-1], rates[-1], marker="o", color=_ORANGE, markersize=6)
    # Crashes come in before the hours of their use: the first hours are many times too high for everybody and would flatten the rest.
    settled = [rate for age, rate in zip(ages, rates, strict=True) if age >= 0.2 * last_age] + at_this_age
    axes.set_ylim(0, 1.5 * max(settled) or 1.0)
    axes.set_xlabel("hours since release", fontsize=9, color=_INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=9, frameon=False, labelcolor=_INK, loc="upper right")
    beside = f" beside {_range_words(at_this_age)} of {plural(len(at_this_age), 'earlier release')} at that age" if at_this_age else ""
    alt_text = f"{subject} per 1,000 usage hours of {version}: {rates[-1]:.1f} after {age_words(last_age)}{beside}."
    return _Drawing("rate.png", f"Crash rate: {rates[-1]:.1f} per 1,000 hours", alt_text, figure)


def _range_words(rates: list[float]) -> str:
    low, high = f"{min(rates):.1f}", f"{max(rates):.1f}"
    return low if low == high else f"{low} to {high}"


def _score_picture(release: ReleaseLook, recent: Sequence[Cell]) -> _Drawing | None:
    scored = sorted(recent, key=lambda cell: cell.as_of)[-_MOST_RECENT:]
    if len(scored) < 2:
        return None
    figure, axes = _canvas("Score of recent releases, at their latest look")
    for place, cell in enumerate(scored):
        is_own = cell.release_version == release.version
        marker, colour, score = _MARKERS.get(cell.state, _NO_VERDICT), _colour(cell.state), shown_score(cell)
        axes.vlines(place, 0, score or 0.0, color=colour, linewidth=3 if is_own else 1.5)
        axes.plot(place, score or 0.0, marker=marker, color=colour, markersize=11 if is_own else 9, clip_on=False)
        axes.annotate(
            score_words(score),
            (place, score or 0.0),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            fontweight="bold" if is_own else "normal",
        )
    axes.set_ylim(0, 118)
    axes.set_yticks([0, 50, 100])
    axes.set_xticks(range(len(scored)), [as_label(cell.release_version, 12) for cell in scored], rotation=35, ha="right")
    for label, cell in zip(axes.get_xticklabels(), scored, strict=True):
        label.set_fontweight("bold" if cell.release_version == release.version else "normal")
    axes.set_xlim(-0.6, len(scored) - 0.4)
    axes.legend(
        handles=_state_legend(scored), fontsize=9, frameon=False, labelcolor=_INK, loc="upper center", bbox_to_anchor=(0.5, 1.13), ncols=4
    )
    told = ", ".join(f"{as_label(cell.release_version, 16)} {score_words(shown_score(cell))} {state_name(cell.state)}" for cell in scored)
    return _Drawing(
        "scores.png", "Recent releases", f"Scores of the last {count_words(len(scored))} releases, oldest first: {told}.", figure
    )


def _state_legend(scored: Sequence[Cell]) -> list[Line2D]:
    """The marks that the picture holds, by name: colour alone tells nothing."""
    names: dict[str, tuple[str, str]] = {}
    for cell in sorted(scored, key=lambda cell: WORST_FIRST.index(cell.state)):
        name = state_name(cell.state) if cell.state in _MARKERS else "no verdict"
        names.setdefault(name, (_MARKERS.get(cell.state, _NO_VERDICT), _colour(cell.state)))
    return [
        Line2D([], [], marker=marker, color=colour, linestyle="none", markersize=8, label=name) for name, (marker, colour) in names.items()
    ]


def _colour(state: State) -> str:
    """Orange for what alarms, grey where there is no verdict."""
    return _ORANGE if state in ALARMING_STATES else _BLUE if state in _MARKERS else _QUIET
