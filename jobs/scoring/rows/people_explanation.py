"""How the figures of people came about, from the stored rows, with the arithmetic shown."""

from collections.abc import Sequence

from jobs.scoring.rows.row_recomputation import Row
from jobs.verdicts.health_cells import ALL, Cell, cell_from_row
from jobs.wording.cell_words import platform_words
from jobs.wording.people_words import crash_free_words, usual_words
from jobs.wording.shown_numbers import percent_words


def people_lines(rows: Sequence[Row]) -> list[str]:
    """The people of a look's release, all platforms together first; empty where nothing is known of them."""
    cells = {
        row["platform"]: cell_from_row(row) for row in rows if row["scope"] == "platform" and row.get("channel_active_clients") is not None
    }
    told = [line for platform in sorted(cells, key=lambda name: (name != ALL, name)) for line in _platform_lines(cells[platform])]
    if not told:
        return []
    return [
        "Its people in the last 24 hours (each counted once, to three digits; a person without crash is crash-free)",
        *told,
        "   Bounds at 95 % are of the sketches that count; usual is the median of past releases at this age, with the lowest and the highest.",
        "",
    ]


def _platform_lines(cell: Cell) -> list[str]:
    lines = []
    if cell.crash_free_users is None:
        lines.append(f"   {platform_words(cell.platform)}: fewer than 1,000 active, too few for crash-free users.")
    else:
        usual = "nothing is known of past releases at this age" if cell.usual_crash_free_users is None else f"usual {usual_words(cell)}"
        lines.append(
            f"   {platform_words(cell.platform)}: {cell.active_clients:,} active, {cell.crashed_clients:,} of them crashed: 1 - {cell.crashed_clients:,} / "
            f"{cell.active_clients:,} = {crash_free_words(cell.crash_free_users)} (bounds {crash_free_words(cell.crash_free_users_low)} to "
            f"{crash_free_words(cell.crash_free_users_high)}); {usual}."
        )
    if cell.adoption_by_people is not None and cell.active_clients is not None:
        lines.append(
            f"      {cell.active_clients:,} of the channel's {cell.channel_active_clients:,}: adoption by people "
            f"{percent_words(cell.adoption_by_people, 1)}."
        )
    return lines
