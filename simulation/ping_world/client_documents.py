"""What every ping of a client has in common: who it is, the build it runs, its environment, and what the ingestion edge adds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from simulation.ping_world.population import Country, Machine
from simulation.ping_world.world import VERSION, Release

Document = dict[str, Any]

EXPERIMENT = "pref-flip-quantum-compositor-1404915"
BRANCHES = ("control", "treatment")
_VENDORS = {"Windows_NT": "GenuineIntel", "Darwin": "GenuineIntel", "Linux": "AuthenticAMD", "Android": "ARM"}
_APPLICATION_IDS = {"Firefox": "{ec8030f7-c20a-464f-9b0e-13a3a9e97384}", "Fennec": "{aa3c5121-dab2-40e2-81ca-7ea25febc110}"}


@dataclass(frozen=True)
class Client:
    """What the documents need to know of a user."""

    number: int
    machine: Machine
    country: Country
    hides_display_version: bool
    branch: str | None

    @property
    def client_id(self) -> str:
        return f"c0ffee00-{self.number:04x}-4000-8000-{self.number * 2_654_435_761 % 2**48:012x}"

    @property
    def application(self) -> str:
        return "Fennec" if self.machine.os_name == "Android" else "Firefox"


@dataclass(frozen=True)
class Envelope:
    """One ping on its way: who sent what when, and when it came in."""

    client: Client
    release: Release
    document_id: str
    created_ns: int
    received_ns: int
    noise: int
    """Random bits for the values that nobody counts."""


def environment(client: Client, release: Release) -> msgspec.Raw:
    """The environment block of main, crash and update pings, encoded once for each client and release."""
    return msgspec.Raw(msgspec.json.encode(_environment(client, release)))


def _environment(client: Client, release: Release) -> Document:
    machine = client.machine
    # Fennec reports the kernel's name.
    os_name = "Linux" if machine.os_name == "Android" else machine.os_name
    block: Document = {
        "build": {
            "applicationId": _APPLICATION_IDS[client.application],
            "applicationName": client.application,
            "architecture": machine.architecture,
            "buildId": release.build_id,
            "version": VERSION,
            "vendor": "Mozilla",
            "displayVersion": release.display_version,
            "platformVersion": VERSION,
            "xpcomAbi": _abi(machine),
        },
        "settings": {
            "addonCompatibilityCheckEnabled": True,
            "blocklistEnabled": True,
            "e10sEnabled": True,
            "isDefaultBrowser": client.number % 3 != 0,
            "locale": client.country.locale,
            "telemetryEnabled": True,
            "defaultSearchEngine": "google",
            "update": {"autoDownload": True, "channel": "beta", "enabled": True},
        },
        "profile": {"creationDate": 16500 + client.number % 900},
        "partner": {"distributionId": None, "partnerId": None, "partnerNames": []},
        "system": {
            "memoryMB": 2048 << (client.number % 4),
            "cpu": {"count": 2 << (client.number % 3), "vendor": _VENDORS[machine.os_name], "family": 6, "model": 42 + client.number % 40},
            "os": {"name": os_name, "version": machine.os_version, "locale": client.country.locale},
            "gfx": {
                "adapters": [{"vendorID": "0x8086", "deviceID": f"0x{client.number % 4096:04x}", "GPUActive": True, "RAM": None}],
                "monitors": [{"screenWidth": 1920, "screenHeight": 1080, "refreshRate": 60}],
                "features": {"compositor": "d3d11" if os_name == "Windows_NT" else "opengl"},
            },
        },
        "addons": {
            "activeAddons": {"uBlock0@raymondhill.net": {"version": "1.14.18", "type": "extension", "scope": 1, "userDisabled": False}},
            "theme": {"id": "{972ce4c6-7e08-4474-a285-3208198ce6fd}", "version": VERSION},
        },
    }
    if client.hides_display_version:
        del block["build"]["displayVersion"]
    if client.branch is not None and client.number % 4 == 0:
        block["addons"]["activeExperiment"] = {"id": EXPERIMENT, "branch": client.branch}
    elif client.branch is not None:
        block["experiments"] = {EXPERIMENT: {"branch": client.branch}}
    return block


def client_document(envelope: Envelope, doc_type: str, environment_block: msgspec.Raw) -> Document:
    application: Document = {
        "architecture": envelope.client.machine.architecture,
        "buildId": envelope.release.build_id,
        "channel": "beta",
        "name": envelope.client.application,
        "platformVersion": VERSION,
        "version": VERSION,
        "displayVersion": envelope.release.display_version,
        "vendor": "Mozilla",
        "xpcomAbi": _abi(envelope.client.machine),
    }
    if envelope.client.hides_display_version:
        del application["displayVersion"]
    return {
        "type": doc_type,
        "id": envelope.document_id,
        "creationDate": iso_date(envelope.created_ns),
        "version": 4,
        "application": application,
        "clientId": envelope.client.client_id,
        "environment": environment_block,
        "payload": {},
        "meta": meta_block(envelope, doc_type),
    }


def meta_block(envelope: Envelope, doc_type: str) -> Document:
    """What the ingestion edge adds."""
    return {
        "documentId": envelope.document_id,
        "docType": doc_type,
        "appName": envelope.client.application,
        "appVersion": VERSION,
        "appBuildId": envelope.release.build_id,
        "appUpdateChannel": "beta",
        "normalizedChannel": "beta",
        "geoCountry": envelope.client.country.code or "??",
        "geoCity": "??",
        "Timestamp": envelope.received_ns,
        "submissionDate": f"{_at(envelope.received_ns):%Y%m%d}",
        "sampleId": envelope.client.number % 100,
    }


def _abi(machine: Machine) -> str:
    return f"{machine.architecture.replace('-', '_')}-{'msvc' if machine.os_name == 'Windows_NT' else 'gcc3'}"


def _at(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)


def iso_date(nanoseconds: int) -> str:
    at = _at(nanoseconds)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1_000_000 % 1000:03d}Z"
