"""What every JSON file of the page has in common."""

import msgspec

SCHEMA_VERSION = 1


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file."""


class Named(Document, frozen=True, kw_only=True):
    """A key and what people call it."""

    key: str
    label: str
