"""The ten lines of the README run, and find what they say."""

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "jobs" / "scoring" / "README.md"


def test_the_ten_lines_run(capsys):
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)[1]
    exec(code, {})  # noqa: S102 - our own README
    age_hours, ratio, low, score = (float(number.removeprefix("np.float64(").rstrip(")")) for number in capsys.readouterr().out.split())
    assert 2 <= age_hours <= 48
    assert low < ratio < 3
    assert score <= 2


def test_every_module_of_the_room_is_named():
    text = README.read_text()
    modules = {path.stem for path in README.parent.glob("*.py")} - {"__init__"}
    not_steps = {"release_counts", "scored_looks", "release_calendar", "release_reviews", "baseline_selection", "severity_index"}
    assert {name for name in modules - not_steps if f"`{name}`" not in text} == set()
