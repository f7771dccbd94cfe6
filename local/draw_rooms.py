"""Draw the rooms of `jobs/` and `expectations/`, and who imports whom, into docs/architecture.md, or check that it is drawn as the code is.

Reads the imports, writes the picture between its two marks. With --check it writes nothing and fails if the picture differs.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from jobs.deployment.settings import ROOT

DOCUMENT = ROOT / "docs" / "architecture.md"
FIRST, LAST = "<!-- rooms: drawn by python -m local.draw_rooms -->\n", "<!-- rooms end -->"
GROUND = ("declarations", "products", "deployment", "commands", "verdicts", "wording")
"""What any room may import: drawn as one."""


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail if the picture is not as the code is.")
def main(check: bool) -> None:
    before, rest = DOCUMENT.read_text().split(FIRST)
    after = rest.split(LAST)[1]
    drawn = f"{before}{FIRST}{room_map()}{LAST}{after}"
    if drawn == DOCUMENT.read_text():
        return
    if check:
        raise click.ClickException(
            f"{DOCUMENT} does not show the rooms as they are; run .venv/bin/python -m local.draw_rooms and commit it"
        )
    DOCUMENT.write_text(drawn)


def room_map() -> str:
    """A Mermaid flowchart: an arrow leads from a room to those that it imports, unless another arrow's room does so for it."""
    imported = without_detours(room_imports())
    lines = ["```mermaid", "flowchart TD"]
    lines += [f'  {room}["{room}{_folders(room)}"]' for room in sorted({*imported, *(other for row in imported.values() for other in row)})]
    lines += [f"  {room} --> {other}" for room in sorted(imported) for other in sorted(imported[room])]
    return "\n".join([*lines, "```", ""])


def room_imports() -> dict[str, set[str]]:
    """By room, the other rooms that its modules import, ground and entry points left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for top in ("jobs", "expectations"):
        for path in sorted((ROOT / top).rglob("*.py")):
            here = _room(".".join(path.relative_to(ROOT).with_suffix("").parts))
            if here:
                found[here] |= {there for name in _imports(path) if (there := _room(name)) and there != here}
    return dict(found)


def without_detours(imported: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same without what follows: of rooms that import each other in a circle there are none."""

    def reached(room: str) -> set[str]:
        return {far for other in imported.get(room, ()) for far in {other, *reached(other)}}

    return {
        room: {other for other in others if not any(other in reached(near) for near in others - {other})}
        for room, others in imported.items()
    }


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield f"{node.module}.{node.names[0].name}"


def _room(name: str) -> str | None:
    top, _, rest = name.partition(".")
    room, _, inside = rest.partition(".")
    if top == "expectations":
        return "expectations"
    return room if top == "jobs" and inside and room not in GROUND else None


def _folders(room: str) -> str:
    place = ROOT / "expectations" if room == "expectations" else ROOT / "jobs" / room
    folders = sorted(path.name for path in place.iterdir() if path.name != "__pycache__" and (path / "__init__.py").exists())
    return f"<br/><small>{', '.join(folders)}</small>" if folders else ""


if __name__ == "__main__":
    main()
