"""How published files are served, by our server and from a bucket, whose objects carry it."""

TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
"""Of what browsers ask for; other files are kept for the next publication alone."""
POINTER = "data/latest.json"
AGAIN, FOR_GOOD = "no-cache", "public, max-age=31536000, immutable"
_REPLACED = ("index.html", POINTER)


def file_headers(name: str) -> dict[str, str]:
    """Of a published file, by its path: what is in it, and how long a browser may keep it."""
    kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return {"Content-Type": kind, "Cache-Control": AGAIN if name in _REPLACED else FOR_GOOD}
