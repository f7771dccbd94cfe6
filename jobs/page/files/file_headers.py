"""How published files are served, by our server and from a bucket, whose objects carry it."""

TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
POINTER = "data/latest.json"
AGAIN, FOR_GOOD = "no-cache", "public, max-age=31536000, immutable"
_REPLACED = ("index.html", POINTER)


def file_headers(name: str) -> dict[str, str]:
    """Of a published file, by its path: what is in it, and how long a browser may keep it."""
    return {"Content-Type": TYPES[name.rpartition(".")[2]], "Cache-Control": AGAIN if name in _REPLACED else FOR_GOOD}
