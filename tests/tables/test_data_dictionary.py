"""The data dictionary is what the declarations say."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs import write_data_dictionary
from jobs.declarations.dimensions import DIMENSIONS
from jobs.declarations.measures import MEASURES
from jobs.declarations.tables import TABLES
from jobs.deployment.settings import NAMESPACE
from jobs.pings.reject_reasons import RejectReason
from jobs.tables.lake.data_dictionary import render_data_dictionary
from jobs.write_data_dictionary import main


def test_everything_that_is_declared_is_in_it() -> None:
    dictionary = render_data_dictionary()
    for table in TABLES:
        section = dictionary.split(f"### {table.name}\n")[1].split("\n## ")[0].split("\n### ")[0]
        assert table.description in section
        for column in table.columns:
            assert f"| `{column.name}` |" in section
    for name in (*(measure.name for measure in MEASURES), *(dimension.name for dimension in DIMENSIONS)):
        assert f"\n| `{name}` |" in dictionary
    for reason in RejectReason:
        assert f"\n- `{reason}`\n" in dictionary


def test_it_names_the_namespaces_of_its_product() -> None:
    dictionary = render_data_dictionary()
    assert f"namespace `{NAMESPACE}`" in dictionary
    assert f"In the namespace `{NAMESPACE}_restricted`" in dictionary


def test_a_measure_is_explained_in_words() -> None:
    (row,) = [line for line in render_data_dictionary().splitlines() if line.startswith("| `startup_crashes` | crashes | crash |")]
    assert row == (
        '| `startup_crashes` | crashes | crash | `body.process` is "main" or absent and `body.notes.startup` is "1" '
        "| zero | yes | Main process crashes before the first window was usable. |"
    )


def test_the_check_fails_where_the_file_differs_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_data_dictionary, "DATA_DICTIONARY", tmp_path / "data_dictionary.md")
    result = CliRunner().invoke(main, ["--check"])
    assert (result.exit_code, "python -m jobs.write_data_dictionary and commit it" in result.output) == (1, True)
    assert CliRunner().invoke(main, []).exit_code == 0
    assert (tmp_path / "data_dictionary.md").read_text() == render_data_dictionary()
    assert CliRunner().invoke(main, ["--check"]).exit_code == 0
