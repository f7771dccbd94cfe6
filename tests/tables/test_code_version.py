"""Every row says which code wrote it, with git or without."""

import re
from pathlib import Path

import pytest

from jobs.settings import ROOT
from jobs.tables import code_version as versions


@pytest.fixture(autouse=True)
def fresh() -> None:
    versions.code_version.cache_clear()


def test_in_a_checkout_it_is_the_commit() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    assert re.fullmatch(r"[0-9a-f]{12}(-dirty)?", versions.code_version())


@pytest.mark.parametrize("reason", ["no checkout", "no git"])
def test_without_git_it_is_a_digest_of_the_sources(reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason == "no checkout":
        monkeypatch.setattr(versions, "ROOT", tmp_path)
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    assert re.fullmatch(r"sources-[0-9a-f]{12}", versions.code_version())


def test_the_digest_changes_with_any_source_and_with_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "one.py").write_text("a = 1\n")
    monkeypatch.setattr(versions, "files", lambda _: tmp_path)
    first = versions._source_digest()
    (tmp_path / "room" / "one.pyc").write_bytes(b"compiled")
    assert versions._source_digest() == first
    (tmp_path / "room" / "one.py").write_text("a = 2\n")
    assert versions._source_digest() != first
