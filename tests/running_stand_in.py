"""The Slack stand-in in a thread of the test, on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slack_sdk import WebClient

from local.pictures.loopback_server import loopback_server
from local.slack_stand_in.message_store import Channel, Message, MessageStore
from local.slack_stand_in.planned_faults import Fault
from local.slack_stand_in.rate_limits import RateLimits
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN, StandIn
from local.slack_stand_in.workspace_conditions import Conditions

CHANNEL = Channel("C0RELEASES", "release-health")


@dataclass
class RunningStandIn:
    stand_in: StandIn
    address: str

    @property
    def api_url(self) -> str:
        return f"{self.address}/api/"

    def client(self, token: str = DEFAULT_TOKEN) -> WebClient:
        return WebClient(token=token, base_url=self.api_url, retry_handlers=[], timeout=5)

    def fails(self, method: str, kind: str, moment: str = "before", **more: object) -> None:
        self.stand_in.faults.add(Fault(method, kind, moment, **more))

    @property
    def messages(self) -> list[Message]:
        return self.stand_in.store.messages(CHANNEL)


@contextmanager
def running_stand_in(folder: Path, *, rate_limits: bool = False, file_processing_seconds: float = 0.0) -> Iterator[RunningStandIn]:
    """Starts the stand-in over `folder`, with one channel that the bot is a member of; stops it at the end."""
    store = MessageStore(folder, (CHANNEL,))
    conditions = Conditions(file_processing_seconds=file_processing_seconds)
    stand_in = StandIn(store, rate_limits=RateLimits(is_enforced=rate_limits), conditions=conditions)
    try:
        with loopback_server(stand_in.as_app(), log_level="critical") as address:
            yield RunningStandIn(stand_in, address)
    finally:
        store.close()
