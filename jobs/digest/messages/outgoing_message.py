"""A message as it is to stand in Slack, and the key by which it is found again. Declarations only."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

EVENT_TYPE = "release_health_digest"
"""Type of the metadata that carries a message's key."""


@dataclass(frozen=True)
class Picture:
    """A PNG that belongs to a message, and what it shows in words."""

    name: str
    title: str
    alt_text: str
    content: bytes


@dataclass(frozen=True, order=True)
class Freshness:
    """How new a message's content is: a later window's end wins, and a settled figure over a provisional one of the same end."""

    shows_until: datetime
    is_settled: bool


@dataclass(frozen=True)
class OutgoingMessage:
    """What is to be posted or edited under `key`.

    `may_create`: whether it may be posted if it does not stand there yet. `is_final`: once posted, it is never edited.
    `notes` are kept in the ledger with it, such as the figures that people saw. `told` travels in Slack's metadata, for a ledger that was lost.
    """

    key: str
    slack_channel: str
    report_day: date
    freshness: Freshness
    text: str
    blocks: tuple[dict[str, Any], ...]
    thread_ts: str | None = None
    is_broadcast: bool = False
    may_create: bool = True
    is_final: bool = False
    pictures: tuple[Picture, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """Of everything a reader sees; equal content is not sent again."""
        digest = hashlib.sha256(json.dumps([self.text, self.blocks], sort_keys=True).encode())
        for picture in self.pictures:
            digest.update(picture.content)
        return digest.hexdigest()[:32]

    @property
    def name(self) -> str:
        """The first part of the key: root, platforms, data and so on."""
        return self.key.split("/")[0]

    @property
    def metadata(self) -> dict[str, Any]:
        payload = {
            "key": self.key,
            "shows_until": int(self.freshness.shows_until.timestamp()),
            "is_settled": self.freshness.is_settled,
            **self.told,
        }
        return {"event_type": EVENT_TYPE, "event_payload": payload}


def message_key(*parts: str) -> str:
    """A short key from parts of any length and content: readable where the parts are, and unique by a hash of them all."""
    readable = "/".join("".join(c for c in part[:24] if c.isascii() and (c.isalnum() or c in ".-_")) for part in parts)
    return f"{readable[:150]}/{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
