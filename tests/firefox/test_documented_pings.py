"""The examples of docs/pings.md are accepted, and its table of reasons is the code's."""

import json
import re

from jobs.declarations.measures import PING_TYPES
from jobs.deployment.settings import ROOT
from jobs.pings.line_problems import ALLOWED, line_problems

PAGE = (ROOT / "docs" / "pings.md").read_text()
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_there_is_an_accepted_example_of_each_ping_type() -> None:
    assert {example["meta"]["docType"] for example in EXAMPLES} == set(PING_TYPES)
    assert [line_problems(json.dumps(example).encode()) for example in EXAMPLES] == [[]] * len(PING_TYPES)


def test_the_file_of_examples_holds_the_same_pings() -> None:
    lines = (ROOT / "docs" / "examples" / "pings.ndjson").read_text().splitlines()
    assert [json.loads(line) for line in lines] == EXAMPLES


def test_the_table_says_what_each_reason_allows() -> None:
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)) == {reason.value: words for reason, words in ALLOWED.items()}
