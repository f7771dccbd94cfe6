"""Where the secret of the clients' keys comes from."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.deployment import client_secrets as module
from jobs.deployment.client_secrets import client_secrets
from jobs.deployment.settings import SettingsError

SECRET, OLDER = "s" * 64, "o" * 32


@pytest.fixture(autouse=True)
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "LOCAL", tmp_path / ".local")
    return tmp_path / ".local"


def test_it_is_that_of_the_environment_and_while_it_changes_both() -> None:
    assert client_secrets("s3://lake/landing", {"CLIENT_KEY_SECRET": SECRET}) == (SECRET.encode(), None)
    both = {"CLIENT_KEY_SECRET": SECRET, "CLIENT_KEY_SECRET_BEFORE": OLDER}
    assert client_secrets("s3://lake/landing", both) == (SECRET.encode(), OLDER.encode())


def test_the_local_stacks_is_made_once_and_kept_for_its_user_alone(local: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: client_secrets(str(local / "landing"), {}), range(32)))
    assert len(made) == 1
    assert [(file.name, file.stat().st_mode & 0o777) for file in local.iterdir()] == [("client_key_secret", 0o600)]


@pytest.mark.parametrize(
    ("landing", "environment", "said"),
    [
        ("s3://lake/landing", {}, "CLIENT_KEY_SECRET is not set"),
        ("/data/landing", {}, "CLIENT_KEY_SECRET is not set"),
        ("/data/landing", {"CLIENT_KEY_SECRET": "short"}, "CLIENT_KEY_SECRET must be 32 to 64 characters"),
        ("/data/landing", {"CLIENT_KEY_SECRET": SECRET, "CLIENT_KEY_SECRET_BEFORE": "x"}, "CLIENT_KEY_SECRET_BEFORE must be 32"),
        ("/data/landing", {"CLIENT_KEY_SECRET_BEFORE": OLDER}, "CLIENT_KEY_SECRET_BEFORE is set and CLIENT_KEY_SECRET is not"),
    ],
)
def test_elsewhere_somebody_must_say_it(landing: str, environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        client_secrets(landing, environment)
    assert SECRET not in str(refused.value)
    assert OLDER not in str(refused.value)
