"""Looks for the marker by which the ingestion edge closes an hour of the landing zone."""

from functools import cache
from pathlib import Path
from typing import Any


def is_closed(marker: str) -> bool:
    """Whether the marker, a path or an `s3://` address, is there."""
    if not marker.startswith("s3://"):
        return Path(marker).exists()
    from botocore.exceptions import ClientError

    bucket, _, key = marker.removeprefix("s3://").partition("/")
    try:
        _s3_client().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


@cache
def _s3_client() -> Any:
    """One for all polls: making it costs more than asking."""
    import boto3

    return boto3.client("s3")
