"""Rejected lines as rows, with their real line numbers."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

MAX_ROWS_PER_REASON_AND_OBJECT = 100  # enough to find the cause; exact counts are in ingest_audit


def list_rejects(records: DataFrame) -> DataFrame:
    """rejected_pings: the first rejects of each reason and object.

    The source counts lines within a piece of an object; the lines of the earlier pieces are added here.
    """
    lines_in_piece = F.when(F.col("kind") == "lines", F.col("line_count")).otherwise(0)
    earlier_pieces = Window.partitionBy("object_key").orderBy("split_start").rangeBetween(Window.unboundedPreceding, -1)
    lines_before = F.coalesce(F.sum(lines_in_piece).over(earlier_pieces), F.lit(0))
    of_reason = Window.partitionBy("object_key", "reason").orderBy("line_number")
    return (
        records.where((F.col("kind") == "lines") | ((F.col("kind") == "reject") & F.col("line_in_split").isNotNull()))
        .withColumn("line_number", F.col("line_in_split") + lines_before)
        .where(F.col("kind") == "reject")
        .withColumn("row_of_reason", F.row_number().over(of_reason))
        .where(F.col("row_of_reason") <= MAX_ROWS_PER_REASON_AND_OBJECT)
        .select("hour_start", "object_key", "line_number", "reason", "document_id", "doc_type")
    )
