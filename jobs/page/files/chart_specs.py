"""The charts of the page, declared once. `python -m jobs.write_page_charts` writes them to page/charts.json, which the client draws.

Data sets are named, and given by whoever draws; colours are styles, which the client takes from its light or dark sheet. Lines differ in dash,
too, so that nothing is told by colour alone. A null breaks a line: a gap is drawn as a gap.
"""

from typing import Any

import altair as alt

HEIGHT, LOW_HEIGHT = 150, 90
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 6]]
_AGE = alt.X("age_hours:Q", title="hours since release", scale=alt.Scale(nice=False), axis=alt.Axis(tickMinStep=1, grid=False))
_CLOCK = alt.X("at:T", title="time, UTC", scale=alt.Scale(type="utc"), axis=alt.Axis(grid=False, format="%d %b %H:%M", labelOverlap=True))


def chart_specs() -> dict[str, dict[str, Any]]:
    """Vega-Lite specs by name: `release` (by hours since release) and `clock` (the last 48 hours)."""
    charts = {"release": release_charts(), "clock": clock_charts()}
    return {name: _without_data_urls(chart.to_dict(validate=True)) for name, chart in charts.items()}


def release_charts() -> alt.VConcatChart:
    """Rate beside earlier releases, ratio with its interval, the counts and hours that both rest on, adoption, crash-free users."""
    return alt.vconcat(
        _titled(
            "Per 1,000 usage hours|line: this release; band: earlier ones",
            _earlier_rates(),
            _own_line("rate", "crashes_per_1k_hours", "per 1,000 hours"),
        ),
        _titled(
            "Times the expected|band: 90 % interval; dashes: acceptable",
            _interval(),
            _acceptable(),
            _own_line("ratio", "ratio", "times"),
        ),
        _titled(
            "Crashes that it has had|line: counted as late as hours; dashes: expected",
            _dashes("counts", "expected_crashes", "crashes"),
            _own_line("counts", "delayed_crashes", "crashes"),
        ),
        _titled("Usage hours so far", _own_line("hours", "usage_hours", "hours"), height=LOW_HEIGHT),
        _titled(
            "Adoption|line: share of the channel's hours; dashes: of its users in the last 24 h",
            _dashes("adoption", "adoption_by_people", "share"),
            _own_line("adoption", "adoption", "share", ".0%"),
            height=LOW_HEIGHT,
        ),
        _titled(
            "Crash-free users in the last 24 h|dashes: the usual of past releases at this age; band: all of them",
            _usual_people(),
            _dashes("people", "usual_crash_free_users", "share"),
            _own_line("people", "crash_free_users", "share", ".2%"),
        ),
    ).resolve_scale(x="shared")


def clock_charts() -> alt.VConcatChart:
    """Every version in use: its rate, and the events and hours that it rests on."""
    return alt.vconcat(
        _titled("Rate per 1,000 usage hours", _versions("events_per_1k_hours", "per 1,000 hours"), marks="at:T"),
        _titled("Events", _versions("events", "events"), height=LOW_HEIGHT, marks="at:T"),
        _titled("Usage hours", _versions("usage_hours", "hours"), height=LOW_HEIGHT, marks="at:T"),
    ).resolve_scale(x="shared")


def _titled(title: str, *layers: alt.Chart, height: int = HEIGHT, marks: str = "age_hours:Q") -> alt.LayerChart | alt.FacetChart:
    """A chart as wide as the client says, with a line wherever something happened. What follows `|` is said below the title."""
    text, _, subtitle = title.partition("|")
    happened = alt.Chart(alt.NamedData("marks")).mark_rule(style="mark").encode(x=marks, tooltip=[alt.Tooltip("words:N", title="happened")])
    return alt.layer(happened, *layers).properties(title=alt.Title(text, subtitle=subtitle, anchor="start"), height=height, width=600)


def _own_line(data: str, field: str, title: str, number: str = ",.4~r") -> alt.Chart:
    """The release's own line, with a point at each look."""
    return (
        alt.Chart(alt.NamedData(data))
        .mark_line(style="own", point={"style": "own_point"})
        .encode(
            x=_AGE,
            y=alt.Y(
                f"{field}:Q",
                title=title,
                scale=alt.Scale(zero=field not in ("ratio", "crash_free_users")),
                axis=alt.Axis(format=number, tickCount=4),
            ),
            tooltip=[alt.Tooltip("age_hours:Q", title="hours since release"), alt.Tooltip(f"{field}:Q", title=title, format=number)],
        )
    )


def _earlier_rates() -> alt.Chart:
    """From the lowest to the highest rate of earlier releases at each age."""
    return (
        alt.Chart(alt.NamedData("earlier"))
        .mark_area(style="earlier")
        .encode(x=_AGE, y=alt.Y("lowest:Q", title="per 1,000 hours"), y2="highest:Q")
    )


def _interval() -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("ratio"))
        .mark_area(style="interval")
        .encode(x=_AGE, y=alt.Y("ratio_low:Q", title="times", scale=alt.Scale(zero=False)), y2="ratio_high:Q")
    )


def _acceptable() -> alt.Chart:
    return alt.Chart(alt.NamedData("ratio")).mark_line(style="limit").encode(x=_AGE, y=alt.Y("acceptable_ratio:Q", title="times"))


def _dashes(data: str, field: str, title: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(data)).mark_line(style="expected").encode(x=_AGE, y=alt.Y(f"{field}:Q", title=title))


def _usual_people() -> alt.Chart:
    """From the lowest to the highest of past releases at each age."""
    return (
        alt.Chart(alt.NamedData("people"))
        .mark_area(style="earlier")
        .encode(
            x=_AGE,
            y=alt.Y("usual_crash_free_users_low:Q", title="share", scale=alt.Scale(zero=False)),
            y2="usual_crash_free_users_high:Q",
        )
    )


def _versions(field: str, title: str) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("versions"))
        .mark_line(style="version", point={"style": "version_point"})
        .encode(
            x=_CLOCK,
            y=alt.Y(f"{field}:Q", title=title, axis=alt.Axis(format=",.4~r", tickCount=4)),
            color=alt.Color("version:N", title=None, sort=None, legend=alt.Legend(orient="top", symbolType="stroke")),
            strokeDash=alt.StrokeDash("version:N", title=None, sort=None, scale=alt.Scale(range=DASHES)),
            tooltip=[
                alt.Tooltip("at:T", title="from", format="%d %b %H:%M"),
                "version:N",
                alt.Tooltip(f"{field}:Q", title=title, format=",.4~r"),
            ],
        )
    )


def _without_data_urls(spec: dict[str, Any]) -> dict[str, Any]:
    """Without Altair's own configuration, which the client gives, and without the address of a schema elsewhere."""
    return {name: value for name, value in spec.items() if name not in ("config", "$schema")}
