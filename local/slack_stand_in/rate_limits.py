"""Slack's rate limits as token buckets: a message a second and channel with short bursts, other methods by tier and minute."""

import time
from dataclasses import dataclass, field

CALLS_PER_MINUTE = {
    "conversations.list": 20,
    "files.getUploadURLExternal": 100,
    "files.completeUploadExternal": 100,
    "auth.test": 1_000,
}
_TIER_3 = 50
_POST_BURST = 30


@dataclass
class RateLimits:
    """`seconds_to_wait` takes a token, or says how long until there is one."""

    is_enforced: bool = True
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def seconds_to_wait(self, method: str, channel: str) -> float:
        if not self.is_enforced:
            return 0.0
        is_post = method == "chat.postMessage"
        size = float(_POST_BURST if is_post else CALLS_PER_MINUTE.get(method, _TIER_3))
        per_second = 1.0 if is_post else size / 60
        key = (method, channel if is_post else "")
        now = time.monotonic()
        tokens, at = self._buckets.get(key, (size, now))
        tokens = min(size, tokens + (now - at) * per_second)
        if tokens < 1:
            self._buckets[key] = (tokens, now)
            return (1 - tokens) / per_second
        self._buckets[key] = (tokens - 1, now)
        return 0.0
