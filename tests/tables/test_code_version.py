"""Every row says which code wrote it, with git or without."""

import re
from pathlib import Path

import pytest

from jobs.deployment.settings import ROOT
from jobs.tables.lake import code_version as versions


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


def test_a_digest_changes_with_what_it_is_asked_for_and_with_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "files", lambda _: tmp_path)
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "one.py").write_text("a = 1\n")
    (tmp_path / "two.py").write_text("b = 1\n")
    room, both, all_of_it = (versions.source_digest(*places) for places in (["room"], ["room", "two.py"], []))
    assert len({room, both, all_of_it}) == 3
    (tmp_path / "room" / "one.pyc").write_bytes(b"compiled")
    (tmp_path / "room" / "README.md").write_text("words")
    assert versions.source_digest() == all_of_it
    (tmp_path / "two.py").write_text("b = 2\n")
    assert versions.source_digest("room") == room
    assert versions.source_digest("room", "two.py") != both
    assert versions.source_digest() != all_of_it
    (tmp_path / "room" / "one.py").rename(tmp_path / "room" / "three.py")
    assert versions.source_digest("room") != room


def test_a_source_that_is_gone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "files", lambda _: tmp_path)
    with pytest.raises(FileNotFoundError):
        versions.source_digest("gone.py")
