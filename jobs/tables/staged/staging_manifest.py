"""The manifest of a staged attempt: which files make up which table. Every attempt that finishes has one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from jobs.declarations.windows import Window
from jobs.deployment.object_store import absolute_location, file_names, read_bytes, write_atomically

Stage = Literal["aggregates", "health"]
MANIFEST_SUFFIX = ".manifest.json"


@dataclass(frozen=True)
class StagedFile:
    """`location` is a path or `s3://` URL; `rows_by_hour` counts its rows by the start of the hour that they belong to."""

    location: str
    rows_by_hour: dict[datetime, int]

    @property
    def row_count(self) -> int:
        return sum(self.rows_by_hour.values())


@dataclass(frozen=True)
class Looks:
    """What a health run scored: every hourly look with `after` < as_of <= `until`, from the ingest_audit snapshot of that sequence number."""

    after: datetime
    until: datetime
    audit_sequence: int


@dataclass(frozen=True)
class Manifest:
    """One attempt of one run. `window_run_id` stands in each of its rows; `processed_at` is when it began to read its input.

    `audit_sequence` is the sequence number of ingest_audit at that time; of two attempts the one that began from the later one counts.
    `files` has an entry for each table that the run replaces, an empty one where there are no rows. `looks` is set for stage health alone.
    """

    run_key: str
    attempt: str
    window: Window
    code_version: str
    processed_at: datetime
    files: dict[str, tuple[StagedFile, ...]] = field(default_factory=dict)
    looks: Looks | None = None
    audit_sequence: int = 0

    @property
    def window_run_id(self) -> str:
        return window_run_id(self.run_key, self.attempt)

    @property
    def rows_by_table(self) -> dict[str, int]:
        return {name: sum(file.row_count for file in files) for name, files in self.files.items()}


def window_run_id(run_key: str, attempt: str) -> str:
    """What the rows of an attempt are marked with."""
    return f"{run_key}-{attempt}"


def attempt_folder(staging: str, run_key: str, attempt: str) -> str:
    """Where an attempt stages its files; a path or `s3://` URL that holds in every process."""
    return f"{absolute_location(staging)}/{run_key}/{attempt}"


def manifest_location(staging: str, run_key: str, attempt: str, stage: Stage) -> str:
    """Each attempt has a manifest of its own, so that a slow one can't put its manifest in place of a later one's."""
    return f"{absolute_location(staging)}/{run_key}/{stage}.{attempt}{MANIFEST_SUFFIX}"


def write_manifest(staging: str, stage: Stage, manifest: Manifest) -> str:
    """Say that the attempt has staged all its files; returns the manifest's location."""
    location = manifest_location(staging, manifest.run_key, manifest.attempt, stage)
    write_atomically(location, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return location


def read_manifest(staging: str, run_key: str, stage: Stage) -> Manifest:
    """That of the latest attempt that has finished: the one that began to read last. FileNotFoundError, with what to run, without one."""
    folder = f"{absolute_location(staging)}/{run_key}"
    # A run that was staged before attempts had manifests of their own has `<stage>.manifest.json`.
    names = [name for name in file_names(folder) if name.startswith(f"{stage}.") and name.endswith(MANIFEST_SUFFIX)]
    manifests = [msgspec.json.decode(read_bytes(f"{folder}/{name}"), type=Manifest) for name in names]
    if not manifests:
        verb = {"aggregates": "aggregate_errors", "health": "score_release_health"}[stage]
        raise FileNotFoundError(f"no attempt of run {run_key} has staged {stage}: no manifest in {folder}; run jobs.{verb} first")
    return max(manifests, key=lambda manifest: (manifest.audit_sequence, manifest.processed_at, manifest.attempt))
