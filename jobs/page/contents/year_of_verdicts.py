"""The verdicts of a year: those of the last days as release_health has them, those of days before as they were kept."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.decisions.telling_looks import telling_looks
from jobs.decisions.track_record import VerdictLook
from jobs.declarations.policies import HORIZON_HOURS
from jobs.declarations.states import State
from jobs.digest.facts.stored_facts import ANSWER_WITHIN, LOOK_BACK
from jobs.page.contents.kept_looks import KeptDays, day_of, kept_days
from jobs.page.contents.page_reading import HealthSnapshot, cells_of
from jobs.tables.reading.plain_rows import rows_by_name
from jobs.verdicts.health_cells import Cell

_LOOK_COLUMNS = [column.name for column in fields(VerdictLook)]


@dataclass(frozen=True)
class YearOfVerdicts:
    """All verdicts of the last days and those before that end a release's week; the looks that a track record rests on; what is to be kept."""

    verdicts: list[Cell]
    looks: list[VerdictLook]
    files_by_day: Mapping[datetime, str]
    """Of every day that a release of the verdicts was looked at."""
    kept: KeptDays


def year_of_verdicts(health: HealthSnapshot, until: datetime, known: KeptDays, code: str) -> YearOfVerdicts:
    """The verdicts until then. Days that are over are read once, and again when their files have changed: an hourly run reads the last ones."""
    files_by_day = health.files_by_day(until - ANSWER_WITHIN - LOOK_BACK)
    if not files_by_day:
        return YearOfVerdicts([], [], {}, KeptDays(code))
    first_recent = day_of(until - LOOK_BACK)
    over = [day for day in sorted(files_by_day) if until - ANSWER_WITHIN < day < first_recent]
    of_code = known.days if known.code == code else {}
    days = {day: of_code[day] for day in over if day in of_code and of_code[day].rests_on == files_by_day[day]}
    missing = [day for day in over if day not in days]
    rows = health.verdicts(min([*missing, first_recent]), until)
    is_told = (pc.field("age_hours") >= HORIZON_HOURS) | (pc.field("as_of") > pa.scalar(until - LOOK_BACK))
    verdicts, looks = cells_of(rows.filter(is_told)), _looks(rows)
    to_keep = set(missing)
    days |= kept_days(
        files_by_day,
        missing,
        [verdict for verdict in verdicts if day_of(verdict.as_of) in to_keep],
        [look for look in looks if day_of(look.as_of) in to_keep],
    )
    return YearOfVerdicts(
        [verdict for kept in days.values() for verdict in kept.last_verdicts]
        + [verdict for verdict in verdicts if verdict.as_of >= first_recent],
        telling_looks(
            [look for kept in days.values() for look in kept.telling_looks] + [look for look in looks if look.as_of >= first_recent]
        ),
        files_by_day,
        KeptDays(code, dict(sorted(days.items()))),
    )


def _looks(rows: pa.Table) -> list[VerdictLook]:
    present = [name for name in _LOOK_COLUMNS if name in rows.column_names]
    return [VerdictLook(**(row | {"state": State(row["state"])})) for row in rows_by_name(rows.select(present))]
