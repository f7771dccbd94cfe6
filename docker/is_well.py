#!/usr/local/bin/python3
"""A container's health check: `is-well URL` succeeds if the address answers, `is-well URL name.name=word` if its JSON has that word there.

The standard library alone: it runs every few seconds beside what it looks at.
"""

import json
import sys
import urllib.error
import urllib.request
from typing import Any


def what_is_wrong(address: str, expected: str | None) -> str | None:
    """In words; None if nothing is."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - an address of compose.yaml
            content = answer.read()
    except (OSError, urllib.error.URLError) as error:
        return f"{address}: {error}"
    if expected is None:
        return None
    path, _, word = expected.partition("=")
    found = _found(json.loads(content), path)
    return None if str(found) == word else f"{address}: {path} is {found}, not {word}"


def _found(answer: Any, path: str) -> Any:
    for name in path.split("."):
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


if __name__ == "__main__":
    problem = what_is_wrong(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    if problem:
        sys.exit(problem)
