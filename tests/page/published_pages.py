"""Publishing within a test, and reading what was published as a browser would: from the pointer on."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from jobs.publish_pages import main
from tests.digest.facts_factory import NOON


def publish(*more: str, until: datetime = NOON) -> str:
    """Publishes, and returns what the command said."""
    result = CliRunner().invoke(main, ["--until", until.isoformat(), *more])
    assert result.exit_code == 0, result.output
    return result.output


class Page:
    """The state that the pointer names now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pointer = json.loads((folder / "data" / "latest.json").read_text())
        self.state = self.read(self.pointer["state"])

    def read(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text())

    def beside(self, name: str) -> Any:
        """A file of the state itself."""
        return self.read(f"{Path(self.pointer['state']).parent}/{name}")

    def channel(self, channel: str = "beta") -> Any:
        return self.beside(next(card["file"] for card in self.state["channels"] if card["channel"] == channel))

    def release(self, version: str) -> Any:
        return next(release for release in self.channel()["releases"] if release["version_label"] == version)

    def cells(self, version: str) -> Any:
        return self.read(f"{self.release(version)['folder']}/release.json")["cells"]

    def looks(self, version: str, platform: str, measure: str) -> Any:
        return self.read(f"{self.release(version)['folder']}/{platform}/{measure}.json")

    def clock(self, platform: str, measure: str) -> Any:
        return self.read(f"{self.channel()['clock_folder']}/{platform}/{measure}.json")
