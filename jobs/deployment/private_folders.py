"""Folders that only their user may look into: they hold a ledger, a catalog, messages and logs."""

from pathlib import Path


def make_private_folder(folder: Path) -> Path:
    """Makes the folder, and those above it that are missing, for its user alone; leaves folders alone that are there."""
    for missing in [each for each in (folder, *folder.parents) if not each.exists()][::-1]:
        missing.mkdir(mode=0o700, exist_ok=True)
    return folder
