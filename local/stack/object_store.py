"""An S3 server on the loopback interface, for tests and trials: SeaweedFS, whose binary comes as a Python package.

Its files lie in the folder that it is given. Keys are made for each start: without any, the server refuses the signed streams in which
pyarrow uploads.
"""

import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import psutil
from botocore.exceptions import BotoCoreError, ClientError

from local.stack.ports import LOOPBACK, pick_port
from local.stack.processes import is_alive, start_process, stop_processes, tail_of

START_TIMEOUT_SECONDS = 60
_SERVICES = ("master", "volume", "filer", "s3")


class ObjectStoreError(Exception):
    """The S3 server did not start; the message names its log."""


@contextmanager
def serve_s3(folder: Path, *buckets: str, readable_by_all: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Runs the server with these buckets; yields the AWS variables by which clients find it. Raises ObjectStoreError.

    What lies in `readable_by_all`, a bucket or a folder of one, is given to anybody, as a browser asks for it: without a signature.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = pick_port(0)
    environment = {
        "AWS_ENDPOINT_URL_S3": f"http://{LOOPBACK}:{port}",
        "AWS_ACCESS_KEY_ID": secrets.token_hex(8),
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    _write_keys(folder / "keys.json", environment, readable_by_all)
    log = folder / "weed.log"
    command = [str(Path(sys.prefix) / "bin" / "weed"), *_server_arguments(folder, port)]
    pid = start_process(command, {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder)}, log, folder)
    try:
        _create_buckets(environment, buckets, pid, log)
        yield environment
    finally:
        if is_alive(pid):
            stop_processes([psutil.Process(pid)], grace_seconds=5)


def _write_keys(path: Path, environment: dict[str, str], readable_by_all: tuple[str, ...]) -> None:
    keys = {"accessKey": environment["AWS_ACCESS_KEY_ID"], "secretKey": environment["AWS_SECRET_ACCESS_KEY"]}
    owner = {"name": "owner", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    anybody = {"name": "anonymous", "actions": [f"Read:{place}" for place in readable_by_all]}
    path.write_text(json.dumps({"identities": [owner, anybody] if readable_by_all else [owner]}))


def _server_arguments(folder: Path, s3_port: int) -> list[str]:
    names = [f"{service}.port{kind}" for service in _SERVICES for kind in ("", ".grpc") if (service, kind) != ("s3", "")]
    others: set[int] = set()
    while len(others) < len(names):
        others |= {pick_port(0)} - {s3_port}
    ports = {"s3.port": s3_port, **dict(zip(names, others, strict=True))}
    return [
        "server",
        f"-dir={folder}",
        f"-ip={LOOPBACK}",
        f"-ip.bind={LOOPBACK}",
        "-s3",
        f"-s3.config={folder / 'keys.json'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.localSocket={folder / 's3.sock'}",
        f"-filer.localSocket={folder / 'filer.sock'}",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=50",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]


def _create_buckets(environment: dict[str, str], buckets: tuple[str, ...], pid: int, log: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    missing = list(buckets)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while missing:
        try:
            client.create_bucket(Bucket=missing[0])
            missing.pop(0)
        except (BotoCoreError, ClientError) as error:
            if not is_alive(pid) or time.monotonic() > deadline:
                raise ObjectStoreError(f"the S3 server did not start; its log is {log}:\n{tail_of(log)}") from error
            time.sleep(0.3)
