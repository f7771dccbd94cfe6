"""The Spark session of an entry point: what spark-submit configured, else local mode on this machine."""

import atexit
import os
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from jobs.code_archive import write_code_archive
from jobs.deployment.settings import ROOT

# A JVM that lives for minutes and leaves the reading to Python gains nothing from a second compiler and parallel collectors: without
# them a session and its first query take 11 s of processor time instead of 17.
SHORT_LIVED_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

SHUFFLE_PARTITIONS_PER_CORE = 4


def get_session(app_name: str, master: str | None = None, java_options: str = SHORT_LIVED_JVM) -> SparkSession:
    """The session of this process. Under spark-submit the master, the resources and Java's options are the connection's; `master`
    serves direct runs, which take all cores of this machine unless it is given, and so do `java_options`.
    """
    builder = SparkSession.builder.appName(app_name).config(
        map={
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            # Without it pyspark notes the caller of every column expression; aggregation builds a thousand.
            "spark.python.sql.dataFrameDebugging.enabled": "false",
        }
    )
    if not _is_under_spark_submit():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers would take the first python3 on PATH
        master = master or "local[*]"
        builder = builder.master(master).config("spark.driver.extraJavaOptions", java_options)
        if not master.startswith("local"):
            builder = builder.config("spark.submit.pyFiles", _code_for_executors())
    if (master or _submitted_master()).startswith("local"):
        # Executors elsewhere get `jobs` with their tasks, too late for the daemon that starts the workers.
        builder = builder.config("spark.python.daemon.module", "jobs.deployment.spark_daemon").config(
            "spark.executorEnv.PYTHONPATH", str(ROOT)
        )
        # Spark would listen on the address of the machine's name, where nobody but this process has anything to ask of it.
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        # A cluster's connection says its own number; here a shuffle of 200 partitions would be 200 tasks of nothing, each with 200 files.
        builder = builder.config("spark.sql.shuffle.partitions", str(SHUFFLE_PARTITIONS_PER_CORE))
    session = builder.getOrCreate()
    fit_shuffles(session)
    return session


def fit_shuffles(session: SparkSession) -> None:
    """Sets `spark.sql.shuffle.partitions` from the cores that the job may take, where neither the cluster nor the job's command did.

    Spark's own 200 are tasks of nothing on a small cluster: settling three days took 132 s with it and 52 s with a fitting number.
    """
    configured = session.sparkContext.getConf()
    cores = configured.get("spark.cores.max")  # a standalone cluster; the others count executors
    if cores is None and (executors := configured.get("spark.executor.instances")):
        cores = str(int(executors) * int(configured.get("spark.executor.cores", "1")))
    if cores and not configured.contains("spark.sql.shuffle.partitions"):
        session.conf.set("spark.sql.shuffle.partitions", str(SHUFFLE_PARTITIONS_PER_CORE * int(cores)))


def compile_queries(session: SparkSession, is_compiled: bool) -> None:
    """Whether Spark translates the session's queries into Java and compiles that, which is its default, or interprets them.

    Interpreted rows are slower and compiling is dear: an hour of 300 pings takes 9 s of the JVM's processor time in place of 12, 14 days of
    90,000 pings 28 in place of 23.
    """
    session.conf.set("spark.sql.codegen.wholeStage", is_compiled)
    session.conf.set("spark.sql.codegen.factoryMode", "FALLBACK" if is_compiled else "NO_CODEGEN")


def _code_for_executors() -> str:
    """A zip of this code, for the executors of a cluster that a command names itself; under spark-submit `--py-files` sends it."""
    archive = Path(mkdtemp(prefix="release-health-")) / "jobs.zip"
    atexit.register(shutil.rmtree, archive.parent, ignore_errors=True)
    write_code_archive(archive)
    return str(archive)


def _is_under_spark_submit() -> bool:
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _submitted_master() -> str:
    SparkContext._ensure_initialized()  # connects to spark-submit's JVM, which alone knows its options
    return SparkConf().get("spark.master", "")
