"""What goes wrong with this product's pings on the way."""

from simulation.ping_world.clients import Document
from simulation.ping_world.events import NANOSECONDS_PER_HOUR, Kind
from simulation.ping_world.faults import Fault, drop_at, set_at


def _postdate(document: Document) -> None:
    document["meta"]["Timestamp"] += 2 * NANOSECONDS_PER_HOUR


def _age_build(document: Document) -> None:
    set_at("environment", "build", "buildId", to="20150101030208")(document)


_ANY = (Kind.MAIN, Kind.CORE, Kind.CRASH, Kind.UPDATE)
_NEGATIVE_HISTOGRAM = {"range": [1, 2], "bucket_count": 3, "histogram_type": 4, "values": {"0": -3}, "sum": 0}

FAULTS: tuple[Fault, ...] = (
    Fault("cut off", _ANY, mangle=lambda line: line[: len(line) // 2]),
    Fault("in a list", _ANY, mangle=lambda line: b"[" + line + b"]"),
    Fault("no document id", _ANY, damage=drop_at("meta", "documentId")),
    Fault("no meta", _ANY, damage=drop_at("meta")),
    Fault("unknown channel", _ANY, damage=set_at("meta", "normalizedChannel", to="Prefeitura")),
    Fault("unknown application", _ANY, damage=set_at("meta", "appName", to="Waterfox")),
    Fault("unknown type", _ANY, damage=set_at("meta", "docType", to="heartbeat")),
    Fault("stamped two hours later", _ANY, damage=_postdate),
    Fault("in the folder of another type", (Kind.MAIN, Kind.CORE), damage=set_at("meta", "docType", to="crash")),
    Fault("built in 2015", (Kind.MAIN, Kind.CRASH), damage=_age_build),
    Fault("build id of words", (Kind.MAIN, Kind.CRASH), damage=set_at("environment", "build", "buildId", to="unknown")),
    Fault("no operating system", (Kind.MAIN, Kind.CRASH), damage=drop_at("environment", "system", "os")),
    Fault("use as text", (Kind.MAIN,), damage=set_at("payload", "info", "subsessionLength", to="3600")),
    Fault("no use", (Kind.MAIN,), damage=drop_at("payload", "info", "subsessionLength")),
    Fault("negative use", (Kind.MAIN,), damage=set_at("payload", "info", "subsessionLength", to=-7)),
    Fault("negative count", (Kind.MAIN,), damage=set_at("payload", "histograms", "SLOW_SCRIPT_NOTICE_COUNT", to=_NEGATIVE_HISTOGRAM)),
    Fault("core ping of iOS", (Kind.CORE,), damage=set_at("os", to="iOS")),
    Fault("crash of the GPU process", (Kind.CRASH,), damage=set_at("payload", "processType", to="gpu")),
    Fault("crash of an unknown process", (Kind.CRASH,), damage=set_at("payload", "processType", to="vr")),
)
