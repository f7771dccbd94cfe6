"""A machine without Python 3.11 or Java 17 is told what to install."""

import shutil
import subprocess
from pathlib import Path

import pytest

from jobs.deployment.settings import ROOT


def check(tmp_path: Path, java: str | None, *programs: str, only: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """On a machine with these programs and a Java that says this of its version."""
    for program in ("bash", "sed", "head", *programs):
        found = shutil.which(program)
        assert found
        (tmp_path / program).symlink_to(found)
    if java:
        fake(tmp_path / "java", java)
    bash = str(tmp_path / "bash")
    return subprocess.run(
        [bash, str(ROOT / "local" / "stack" / "check_machine.sh"), *filter(None, [only])],
        env={"PATH": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
    )


def fake(program: Path, says: str) -> None:
    program.write_text(f"#!{shutil.which('bash')}\necho '{says}' >&2\n")
    program.chmod(0o755)


@pytest.mark.parametrize("java", ['openjdk version "17.0.9" 2023-10-17', 'openjdk version "21" 2023-09-19'])
def test_java_17_and_later_will_do(tmp_path: Path, java: str) -> None:
    checked = check(tmp_path, java, "python3.11")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("java", "said"),
    [
        (None, "'java' was not found"),
        ('openjdk version "11.0.20" 2023-07-18', "is version 11."),
        ('java version "1.8.0_391"', "is version 8."),
        ("Unable to locate a Java Runtime.", "is version unknown."),
    ],
)
def test_another_java_is_named_with_what_to_install(tmp_path: Path, java: str | None, said: str) -> None:
    checked = check(tmp_path, java, "python3.11")
    assert checked.returncode == 1
    assert said in checked.stderr
    assert "apt-get install openjdk-17-jre-headless" in checked.stderr


def test_java_home_goes_before_the_path(tmp_path: Path) -> None:
    (tmp_path / "jdk" / "bin").mkdir(parents=True)
    fake(tmp_path / "jdk" / "bin" / "java", 'openjdk version "17.0.9"')
    assert check(tmp_path, 'openjdk version "11.0.20"', "python3.11", JAVA_HOME=str(tmp_path / "jdk")).returncode == 0


def test_without_python_it_says_how_to_get_it(tmp_path: Path) -> None:
    assert "apt-get install python3.11 python3.11-venv" in check(tmp_path, 'openjdk version "17.0.9"').stderr


def test_the_page_needs_no_java_and_asks_for_none(tmp_path: Path) -> None:
    checked = check(tmp_path, None, "python3.11", only="python")
    assert (checked.returncode, checked.stderr) == (0, "")
    page = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("page:"))
    assert page.startswith("page: $(READY) "), "setup would ask for Java"
