"""The client as it is published: named by content, with the charts that are declared, and without a way to run a stranger's text."""

import re
import shutil
from pathlib import Path

from click.testing import CliRunner

from jobs.page.files.client_files import CLIENT, client_files
from jobs.write_page_charts import main


def test_the_charts_are_those_declared() -> None:
    result = CliRunner().invoke(main, ["--check"])
    assert result.exit_code == 0, result.output


def test_every_file_that_is_named_is_published(tmp_path: Path) -> None:
    client = client_files()
    contents = [client.index, *(client.content(name) for name in client.sources)]
    named = {name for content in contents for name in re.findall(rb'"\./([\w.-]+\.(?:js|css|json|svg))"', content)}
    assert {name.decode() for name in named} == set(client.names)


def test_a_change_deep_in_the_client_changes_every_name_on_the_way_to_it(tmp_path: Path) -> None:
    """A browser that holds an old file never mixes it with new ones."""
    shutil.copytree(CLIENT, tmp_path / "page")
    before = client_files()
    with (tmp_path / "page" / "elements.js").open("a") as file:
        file.write("// changed\n")
    after = client_files(tmp_path / "page")
    changed = {name.split(".")[0] for name in set(after.names) - set(before.names)}
    assert (
        changed == {"elements", "charts", "decisions", "overview", "detail", "quality", "record", "client"} and after.index != before.index
    )


def test_the_client_never_reads_text_as_markup_or_script() -> None:
    for path in CLIENT.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.srcdoc", path.read_text()), (
            path.name
        )
    index = (CLIENT / "index.html").read_text()
    assert 'Content-Security-Policy" content="default-src \'self\'"' in index
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", index)
