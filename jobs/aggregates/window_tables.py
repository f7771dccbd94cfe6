"""The declared tables of a window, from its marked pings."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.aggregates.error_totals import total_errors, total_experiments, total_releases
from jobs.aggregates.measure_totals import arrivals
from jobs.aggregates.ping_copies import accepted_pings
from jobs.aggregates.rejected_lines import list_rejects
from jobs.aggregates.usage_delays import spread_usage


def frames_by_table(marked: DataFrame, error_totals: DataFrame, window_run_id: str) -> dict[str, DataFrame]:
    """A frame for each table that a run replaces, by its name; `error_totals` are those of the same pings."""
    pings = accepted_pings(marked)
    frames = {
        "error_aggregates": error_totals,
        "experiment_error_aggregates": total_experiments(pings, arrivals(pings)),
        "release_totals": total_releases(error_totals),
        "usage_delays": spread_usage(pings),
        "rejected_pings": list_rejects(marked),
    }
    return {name: frame.withColumn("window_run_id", F.lit(window_run_id)) for name, frame in frames.items()}


def window_errors(marked: DataFrame) -> DataFrame:
    """error_aggregates without window_run_id; two tables are made of them."""
    pings = accepted_pings(marked)
    return total_errors(pings, arrivals(pings))
