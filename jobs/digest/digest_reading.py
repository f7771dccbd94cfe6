"""From the lake, the landing zone and the ledger to each channel's digest: its facts, and what is decided of them."""

import os
from dataclasses import replace
from datetime import timedelta

from pyiceberg.catalog import Catalog

from jobs.commands.printed_commands import printed_command
from jobs.decisions.track_record import TrackRecord, track_records
from jobs.decisions.track_record_words import RECORD_SPAN
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.deployment.settings import LOCAL, Settings, airflow_run
from jobs.digest.decisions.digest_decisions import Digest, decide_digest
from jobs.digest.decisions.digest_routing import Routing
from jobs.digest.facts.digest_facts import DigestFacts, Restatement, Review
from jobs.digest.facts.shown_releases import answers, shown_looks, with_cells
from jobs.digest.facts.stored_facts import (
    read_builds,
    read_cells,
    read_experiments,
    read_failed_expectations,
    read_history,
    read_hours,
    read_last_verdicts,
    read_looks,
    read_reviews,
    read_verdict_looks,
    read_verdicts,
    read_worse_later,
)
from jobs.digest.messages.channel_messages import channels_to_report, root_key
from jobs.digest.messages.outgoing_message import Picture
from jobs.digest.messages.page_links import page_links
from jobs.digest.messages.restated_figures import SHOWN_BY_SUMMARY, restatements, shown_name
from jobs.digest.slack.channel_names import known_channel
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.tables.upkeep.hole_reading import read_holes

HOLES_SHOWN = timedelta(days=14)
"""An hourly look; table_maintenance looks further back, and for late objects, too."""


def read_digests(settings: Settings, catalog: Catalog, ledger: SentLedger, window: Window, run_key: str, routing: Routing) -> list[Digest]:
    """The digest of each release channel that has something to say, decided."""
    verdicts, later = read_verdicts(catalog, window.end)
    reviews = read_reviews(catalog)
    looks = shown_looks([*read_last_verdicts(catalog, window.end), *verdicts], window.end, reviews)
    looked_at = {look.verdict.as_of for shown in looks.values() for look in shown}
    cells = read_cells(catalog, looked_at | {as_of - HOUR for as_of in looked_at})
    failed = read_failed_expectations(catalog, run_key, window.start)
    blank = DigestFacts(
        channel="",
        window_start=window.start,
        window_end=window.end,
        mode=window.mode,
        run_key=run_key,
        hours=read_hours(catalog, settings.landing, window, failed),
        failed_expectations=failed,
        holes=read_holes(catalog, window.end, HOLES_SHOWN)[0],
        data_label=settings.data_label,
        places={"Staged rows": f"{settings.staging}/{run_key}", "Data Docs": f"{settings.data_docs}/index.html"} if failed else {},
        command_lead=printed_command(""),
        pages_url=settings.pages_url,
        links=page_links(settings, airflow_run()),
    )
    experiments, builds = read_experiments(catalog, window.end), read_builds(catalog, looked_at)
    worse_later = read_worse_later(catalog, window.end)
    records = _track_records(catalog, window, reviews)
    found = []
    for channel in channels_to_report(looks, routing.expected_channels):
        releases = with_cells(looks.get(channel, ()), cells, later)
        of_channel = tuple(look for look in experiments if look.channel == channel)
        route = routing.route_of(channel)
        facts = replace(
            blank,
            channel=channel,
            releases=releases,
            experiments=of_channel,
            worse_later=tuple(look for look in worse_later if look.channel == channel),
            builds=tuple(build for build in builds if build.channel == channel),
            track_record=records.get(channel),
            is_shadow=route.is_shadow,
        )
        if window.mode is Mode.SETTLED:
            entry = ledger.find(root_key(facts, known_channel(route.slack_channel, ledger)))
            shown = entry.notes.get(shown_name(Mode.PROVISIONAL), []) if entry is not None else []
            facts = replace(facts, restatements=restatements(shown, verdicts))
        found.append(decide_digest(facts))
    return found


def _track_records(catalog: Catalog, window: Window, reviews: list[Review]) -> dict[str, TrackRecord]:
    """By channel, in the digests of a Monday; none on other days."""
    if window.start.weekday() != 0:
        return {}
    looks = read_verdict_looks(catalog, window.end - RECORD_SPAN, window.end)
    return {record.channel: record for record in track_records(looks, answers(reviews))}


def read_restated(catalog: Catalog, ledger: SentLedger, window: Window, routing: Routing) -> tuple[Restatement, ...]:
    """What was shown of looks after the window's start and reads otherwise now: a later look rests on earlier hours.

    What a channel in shadow has shown is left out, unless the summary goes to the operators as well.
    """
    entries = ledger.sent_between(window.start.date(), window.end.date())
    shown = {}
    for name in (shown_name(Mode.PROVISIONAL), shown_name(Mode.SETTLED), SHOWN_BY_SUMMARY):  # the later was told later
        for figure in (figure for entry in entries for figure in entry.notes.get(name, [])):
            shown[(figure["channel"], figure["release_version"], figure["as_of"])] = figure
    told = [figure for figure in shown.values() if routing.default.is_shadow or not routing.route_of(figure["channel"]).is_shadow]
    return restatements(told, read_looks(catalog, window.start, window.end))


def draw_pictures(catalog: Catalog, digest: Digest) -> tuple[Picture, ...]:
    """The pictures of the headline's release. Imports matplotlib, which takes a second, only here."""
    if digest.headline is None:
        return ()
    os.environ.setdefault("MPLCONFIGDIR", str(LOCAL / "matplotlib"))
    from jobs.digest.messages.release_charts import release_pictures

    history = read_history(catalog, digest.headline.cell)
    recent = {past.release_version: past for past in history if past.scope == "release"}
    cells = tuple(past for past in history if past.scope != "release")
    return release_pictures(digest.headline.release, cells, tuple(recent.values()), digest.facts.data_label)
