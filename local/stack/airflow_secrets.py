"""The keys that Airflow's processes must share, made at random once for each stack and kept in its home."""

import json
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from jobs.deployment.private_folders import make_private_folder


def airflow_secrets(airflow_home: Path) -> dict[str, str]:
    """Airflow's keys as configuration variables; written, readable by the owner alone, if they are not there yet."""
    path = airflow_home / "secrets.json"
    if not path.exists():
        make_private_folder(airflow_home)
        path.touch(mode=0o600)
        path.write_text(
            json.dumps(
                {
                    "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
                    "AIRFLOW__API__SECRET_KEY": secrets.token_hex(64),
                    "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
                }
            )
        )
    return dict(json.loads(path.read_text()))
