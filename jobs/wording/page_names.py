"""How the page names what clients named: one key for files and links, the same in the publisher, the digest's links and the server."""

import hashlib
import re
from urllib.parse import quote

from jobs.verdicts.health_cells import ALL, Cell
from jobs.wording.client_text import as_label

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9._-]")
_VIEWS = ("quality", "record")  # of the page's own, where others have a channel


def page_key(text: str) -> str:
    """A channel, version, platform or measure as part of a path or a link: itself where it is plain, else made plain, with a digest.

    Two different texts never have the same key, and none names another folder or another view.
    """
    plain = _NOT_IN_KEYS.sub("_", as_label(text))
    if plain == text and not text.startswith(".") and text not in _VIEWS:
        return text
    return f"{plain.lstrip('.')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def view_link(pages_url: str, channel: str, version: str | None = None, cell: Cell | None = None) -> str:
    """The address of a channel's view, of a release's, or of the view of one of its cells."""
    parts = [channel, *([version] if version is not None else [])]
    if version is not None and cell is not None and cell.measure != ALL:
        parts += [cell_platform(cell), cell.measure]
    page = pages_url if pages_url.endswith(".html") else f"{pages_url.rstrip('/')}/"  # a plain bucket has no page at a folder's address
    return f"{page}#/{'/'.join(quote(page_key(part), safe='') for part in parts)}"


def cell_platform(cell: Cell) -> str:
    """The platform whose view shows a cell: a group of users is shown with its operating system."""
    return cell.platform if cell.platform != ALL or cell.stratum == ALL else cell.stratum.split(" / ")[0]


def series_path(folder: str, platform: str, measure: str) -> str:
    """Where the looks of one cell lie in the folder of their release, or its 48 hours in that of its channel."""
    return f"{folder}/{page_key(platform)}/{page_key(measure)}.json"
