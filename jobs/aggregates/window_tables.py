"""The declared tables of a window, from its marked pings."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.aggregates.client_sketches import reach_by_day, reach_by_hour, sketch_clients
from jobs.aggregates.error_totals import total_errors, total_experiments, total_releases
from jobs.aggregates.measure_totals import arrivals
from jobs.aggregates.ping_copies import accepted_pings
from jobs.aggregates.rejected_lines import list_rejects
from jobs.aggregates.usage_delays import spread_usage
from jobs.declarations.populations import POPULATIONS
from jobs.declarations.tables import CLIENT_REACH, CLIENT_REACH_DAYS
from jobs.declarations.windows import Mode


@dataclass(frozen=True)
class WindowSums:
    """What several tables are made of: error_aggregates without window_run_id, and the clients of each finest group (None: not counted)."""

    error_totals: DataFrame
    clients: DataFrame | None


def window_sums(marked: DataFrame, key_ids: Sequence[str]) -> WindowSums:
    """Of marked pings; `key_ids` name the secrets by which their clients' keys were made. Persisted until `release`d."""
    pings = accepted_pings(marked)
    clients = sketch_clients(pings, key_ids).persist() if POPULATIONS else None
    return WindowSums(total_errors(pings, arrivals(pings)).persist(), clients)


def release(made: WindowSums) -> None:
    made.error_totals.unpersist()
    if made.clients is not None:
        made.clients.unpersist()


def frames_by_table(marked: DataFrame, made: WindowSums, mode: Mode, window_run_id: str) -> dict[str, DataFrame]:
    """A frame for each table that a run replaces, by its name; one without rows in this mode, or of this product, is left out."""
    pings = accepted_pings(marked)
    error_totals = made.error_totals
    frames = {
        "error_aggregates": error_totals,
        "experiment_error_aggregates": total_experiments(pings, arrivals(pings)),
        "release_totals": total_releases(error_totals),
        "usage_delays": spread_usage(pings),
        "rejected_pings": list_rejects(marked),
    }
    if made.clients is not None:
        frames[CLIENT_REACH.name] = reach_by_hour(made.clients)
        if mode is Mode.SETTLED:
            frames[CLIENT_REACH_DAYS.name] = reach_by_day(made.clients)
    return {name: frame.withColumn("window_run_id", F.lit(window_run_id)) for name, frame in frames.items()}
