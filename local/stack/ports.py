"""Loopback ports: the usual one if it is free, else any."""

import socket

LOOPBACK = "127.0.0.1"


def pick_port(preferred: int) -> int:
    """`preferred` if nothing listens there, else a free port. 0 always means any."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    raise OSError("no free port on the loopback interface")
