"""Nothing that lies in an object stops the reader, and lines = pings + rejects."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.pings.document_values import UNREADABLE_ERRORS, DocumentReader
from tests.ping_factory import core_ping, crash_ping, histogram, land, line, main_ping, update_ping
from tests.pings.reading import count_of, records

FULL_PINGS = {
    "main": main_ping(
        {
            "body.counts.SLOW_PAGES": histogram(1),
            "body.crashesOf.gpu": histogram(1),
            "about.trials": {"flip": {"branch": "a"}},
        }
    ),
    "crash": crash_ping(),
    "core": core_ping(),
    "update": update_ping(),
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def all_paths(document: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = [found for name, value in document.items() for found in all_paths(value, (*path, name))] if isinstance(document, dict) else []
    return [path, *below] if path else below


@given(
    text=st.lists(st.binary(max_size=40), max_size=30).map(b"\n".join),
    suffix=st.sampled_from(["", ".gz", ".zst"]),
    is_compressed=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_bytes_in_an_object(tmp_path_factory: pytest.TempPathFactory, text: bytes, suffix: str, is_compressed: bool) -> None:
    landing = tmp_path_factory.mktemp("landing")
    path = land(landing, line(main_ping()) + text, name=f"part.ndjson{suffix}")
    if not is_compressed:
        path.write_bytes(text)

    found = records(landing, longest_line_bytes=5_000)

    assert count_of(found, "lines") == count_of(found, "ping") + count_of(found, "reject")


@st.composite
def odd_documents(draw: st.DrawFn, doc_type: str) -> bytes:
    """A ping with anything that JSON can hold in up to three of its fields."""
    ping = copy.deepcopy(FULL_PINGS[doc_type])
    for path in draw(st.lists(st.sampled_from(all_paths(ping)), min_size=1, max_size=3)):
        holder: Any = ping
        for name in path[:-1]:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder[path[-1]] = draw(ANY_JSON)
    return line(ping)


@pytest.mark.parametrize("doc_type", FULL_PINGS)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_anything_in_any_field(tmp_path_factory: pytest.TempPathFactory, doc_type: str, data: st.DataObject) -> None:
    landing = tmp_path_factory.mktemp("landing")
    landed = data.draw(st.lists(odd_documents(doc_type), min_size=1, max_size=5))
    land(landing, b"".join(landed), doc_type)

    found = records(landing)

    assert count_of(found, "lines") == count_of(found, "ping") + count_of(found, "reject") == len(landed)


@pytest.mark.parametrize("doc_type", FULL_PINGS)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_the_typed_pass_and_the_slow_walk_find_the_same_values(doc_type: str, data: st.DataObject) -> None:
    paths = tuple(".".join(path) for path in all_paths(FULL_PINGS[doc_type]) if len(path) > 1)
    reader = DocumentReader(paths, required=("arrival",))
    landed = data.draw(odd_documents(doc_type))
    try:
        values = reader.read(landed)
    except UNREADABLE_ERRORS:
        return

    assert repr(reader.read_slowly(landed)) == repr((values, frozenset()))
