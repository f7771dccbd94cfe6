"""The question that every reader of the benchmark answers: totals and checksums over the fields that the ping source reads.

Each field takes part in the answer, so that no reader can leave one out. Experiments are left out for the rivals, whose readers want their
names declared, and so is the client's id, of which the ping source makes a key; it reads both all the same.
"""

from dataclasses import dataclass

from benchmarks.ping_readers_input import READ_HISTOGRAMS, SUBPROCESSES

_BUILD = ("version", "displayVersion", "buildId", "architecture")
_KEYED_HISTOGRAMS = ("payload.keyedHistograms", "payload.processes.parent.keyedHistograms")


@dataclass(frozen=True)
class Total:
    """`name` in the answer; the first of `paths` that holds a value is summed, counted where it is 1, or the largest of them is taken."""

    name: str
    paths: tuple[str, ...]
    total: str  # sum, ones or largest


GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("channel", ("meta.normalizedChannel",)),
    ("application", ("meta.appName",)),
    ("version", ("environment.build.version", "application.version")),
    ("display_version", ("application.displayVersion", "environment.build.displayVersion")),
    ("architecture", ("environment.build.architecture", "application.architecture")),
    ("os_name", ("environment.system.os.name",)),
    ("os_version", ("environment.system.os.version",)),
    ("country", ("meta.geoCountry",)),
)
TOTALS: tuple[Total, ...] = (
    Total("usage_seconds", ("payload.info.subsessionLength",), "sum"),
    Total("session_starts", ("payload.info.subsessionCounter",), "ones"),
    *(
        Total(f"{kind}_crashes", tuple(f"{path}.SUBPROCESS_CRASHES_WITH_DUMP.{kind}.values.0" for path in _KEYED_HISTOGRAMS), "sum")
        for kind in SUBPROCESSES
    ),
    *(Total(name.lower(), (f"payload.histograms.{name}.values.0",), "sum") for name in READ_HISTOGRAMS),
    Total("last_received_at_ns", ("meta.Timestamp",), "largest"),
    Total("last_doc_type", ("meta.docType",), "largest"),
    Total("last_document_id", ("meta.documentId",), "largest"),
    Total("last_build_id", ("environment.build.buildId", "application.buildId"), "largest"),
)
_NUMBERS = ("payload.", "meta.Timestamp")

Fields = dict[str, "Fields | str"]
"""The declared fields as nested names; a leaf is `text` or `number`."""


def declared_fields() -> Fields:
    fields: Fields = {}
    for path in [path for _, paths in GROUPS for path in paths] + [path for total in TOTALS for path in total.paths]:
        *parents, name = path.split(".")
        node = fields
        for parent in parents:
            node = node.setdefault(parent, {})  # type: ignore[assignment]
        node[name] = "number" if path.startswith(_NUMBERS) else "text"
    return fields


COLUMNS: tuple[str, ...] = (*(name for name, _ in GROUPS), "pings", *(total.name for total in TOTALS))
"""Of an answer's rows."""
