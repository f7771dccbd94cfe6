"""docs/data_dictionary.md is that of the default product."""

from click.testing import CliRunner

from jobs.write_data_dictionary import main


def test_the_committed_dictionary_is_up_to_date() -> None:
    result = CliRunner().invoke(main, ["--check"])
    assert result.exit_code == 0, result.output
