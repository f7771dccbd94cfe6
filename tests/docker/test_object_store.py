"""The S3 server and the bucket of the container files, run without Docker: the same commands, on other ports and in another folder."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError

from local.stack.ports import LOOPBACK, pick_port
from local.stack.processes import start_process, stop_processes, tail_of
from tests.docker.test_compose import COMPOSE, SERVICES

pytestmark = pytest.mark.services

KEYS = {"S3_ACCESS_KEY": "an-access-key", "S3_SECRET_KEY": "a-secret-key"}
PATH = f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin"


@pytest.fixture
def ports() -> dict[str, int]:
    return {name: pick_port(0) for name in ("s3", "master", "volume", "filer", "s3.grpc", "master.grpc", "volume.grpc", "filer.grpc")}


@pytest.fixture
def server_log(tmp_path: Path, ports: dict[str, int]) -> Iterator[Path]:
    """The log of the server, started in an empty folder, as a new volume is."""
    keys = re.sub(r"\$\{(\w+):\?\}", lambda name: KEYS[name[1]], COMPOSE["configs"]["s3-keys"]["content"])
    (tmp_path / "s3.json").write_text(keys)
    (tmp_path / "data").mkdir()
    program, *options = SERVICES["s3"]["command"]
    moved = {
        "-dir=/data": f"-dir={tmp_path / 'data'}",
        "-ip.bind=0.0.0.0": f"-ip.bind={LOOPBACK}",
        "-s3.port=8333": f"-s3.port={ports['s3']}",
        "-s3.config=/etc/s3.json": f"-s3.config={tmp_path / 's3.json'}",
    }
    assert set(moved) <= set(options)
    others = [
        f"-{name.replace('.grpc', '.port.grpc') if 'grpc' in name else f'{name}.port'}={port}"
        for name, port in ports.items()
        if name != "s3"
    ]
    command = [str(Path(sys.prefix) / "bin" / program), *(moved.get(option, option) for option in options), f"-ip={LOOPBACK}", *others]
    log = tmp_path / "weed.log"
    pid = start_process(command, {"PATH": PATH, "HOME": str(tmp_path)}, log, tmp_path)
    server = psutil.Process(pid)
    yield log
    stop_processes([server])


def make_bucket(ports: dict[str, int]) -> subprocess.CompletedProcess[str]:
    """The bucket service's command."""
    program, *arguments = SERVICES["bucket"]["command"]
    moved = [argument.replace("s3:9333", f"{LOOPBACK}:{ports['master']}.{ports['master.grpc']}") for argument in arguments]
    assert moved != arguments
    return subprocess.run([program, *moved], env=os.environ | {"PATH": PATH}, capture_output=True, text=True, timeout=60)


def test_the_server_starts_in_a_new_volume_and_holds_the_bucket_however_often_it_is_made(ports: dict[str, int], server_log: Path) -> None:
    deadline = time.monotonic() + 60
    while make_bucket(ports).returncode != 0:  # as compose does: again until it succeeds
        assert time.monotonic() < deadline, tail_of(server_log)
    again = make_bucket(ports)
    assert again.returncode == 0, again.stdout + again.stderr

    client = client_of(ports["s3"], KEYS["S3_ACCESS_KEY"], KEYS["S3_SECRET_KEY"])
    while not is_listening(ports["s3"]):  # the master knows of the bucket before the S3 service is up
        assert time.monotonic() < deadline, tail_of(server_log)
        time.sleep(0.3)
    client.put_object(Bucket="lake", Key="landing/a", Body=b"a ping")
    assert client.get_object(Bucket="lake", Key="landing/a")["Body"].read() == b"a ping"
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        client_of(ports["s3"], "somebody", "else").list_objects_v2(Bucket="lake")


def client_of(port: int, access_key: str, secret_key: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://{LOOPBACK}:{port}",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
    )


def is_listening(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex((LOOPBACK, port)) == 0
