"""What every ping of a client has in common: who it is, the build it runs, its environment, and what the ingestion edge adds."""

import msgspec

from simulation.ping_world.clients import EXPERIMENT, Client, Document, Envelope, at_time, iso_date
from simulation.ping_world.names import NAMES
from simulation.ping_world.population import Machine
from simulation.ping_world.world import Release

VERSION = NAMES.build_version

_VENDORS = {"Windows_NT": "GenuineIntel", "Darwin": "GenuineIntel", "Linux": "AuthenticAMD", "Android": "ARM"}
_APPLICATION_IDS = {"Firefox": "{ec8030f7-c20a-464f-9b0e-13a3a9e97384}", "Fennec": "{aa3c5121-dab2-40e2-81ca-7ea25febc110}"}


def application_of(client: Client) -> str:
    return "Fennec" if client.machine.os_name == "Android" else "Firefox"


def environment(client: Client, release: Release) -> msgspec.Raw:
    """The environment block of main, crash and update pings, encoded once for each client and release."""
    return msgspec.Raw(msgspec.json.encode(_environment(client, release)))


def _environment(client: Client, release: Release) -> Document:
    machine = client.machine
    # Fennec reports the kernel's name.
    os_name = "Linux" if machine.os_name == "Android" else machine.os_name
    block: Document = {
        "build": {
            "applicationId": _APPLICATION_IDS[application_of(client)],
            "applicationName": application_of(client),
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
        "name": application_of(envelope.client),
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
        "appName": application_of(envelope.client),
        "appVersion": VERSION,
        "appBuildId": envelope.release.build_id,
        "appUpdateChannel": "beta",
        "normalizedChannel": "beta",
        "geoCountry": envelope.client.country.code or "??",
        "geoCity": "??",
        "Timestamp": envelope.received_ns,
        "submissionDate": f"{at_time(envelope.received_ns):%Y%m%d}",
        "sampleId": envelope.client.number % 100,
    }


def _abi(machine: Machine) -> str:
    return f"{machine.architecture.replace('-', '_')}-{'msvc' if machine.os_name == 'Windows_NT' else 'gcc3'}"
