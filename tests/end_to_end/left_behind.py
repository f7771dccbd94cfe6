"""What a run leaves behind, searched for what must not be there."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq


def files_with(folder: Path, texts: Iterable[str], besides: Path) -> list[str]:
    """The files below the folder in which one of the texts stands, those of Parquet unpacked; `besides` is not looked into."""
    return [
        str(file.relative_to(folder))
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.is_relative_to(besides) and _holds(file, list(texts))
    ]


def _holds(file: Path, texts: list[str]) -> bool:
    try:
        content = file.read_bytes()
    except FileNotFoundError:  # a running stack's
        return False
    if content[:4] == b"PAR1" == content[-4:]:
        content += repr(pq.read_table(file).to_pydict()).encode()
    return any(text.encode() in content for text in texts)
