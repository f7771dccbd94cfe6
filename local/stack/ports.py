"""Loopback ports: the usual one if it is free, else any."""

import secrets
import socket

LOOPBACK = "127.0.0.1"
_OURS = range(20_000, 32_768)
"""Linux gives outgoing connections ports from 32,768 on: one of those that was free a moment ago may be taken before a server listens there."""
_TRIES = 100


def pick_port(preferred: int) -> int:
    """`preferred` if nothing listens there, else a free port. 0 always means any."""
    usual = [preferred] if preferred else []
    for port in (*usual, *secrets.SystemRandom().sample(_OURS, _TRIES)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    raise OSError("no free port on the loopback interface")
