"""Sets of clients as sketches."""

from datasketches import update_theta_sketch
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.reach.sketches import LG_NOMINAL_ENTRIES, count_clients, united


def sketch_of(keys: list[int]) -> bytes:
    sketch = update_theta_sketch(LG_NOMINAL_ENTRIES)
    for key in keys:
        sketch.update(key)
    return united([bytes(sketch.compact().serialize())])


def test_up_to_4096_clients_are_counted_exactly() -> None:
    count = count_clients(sketch_of(list(range(4096))))
    assert (count.low, count.estimate, count.high) == (4096, 4096, 4096)


def test_more_are_estimated_within_stated_bounds() -> None:
    count = count_clients(sketch_of(list(range(60_000))))
    assert count.low < 60_000 < count.high
    assert count.high - count.low < 0.07 * 60_000


def test_no_sketch_at_all_is_nobody() -> None:
    assert count_clients(united([])).high == 0


@settings(deadline=None)
@given(keys=st.lists(st.integers(0, 20_000), max_size=200), cut=st.integers(0, 200), step=st.integers(1, 97))
def test_a_union_depends_on_the_clients_alone(keys: list[int], cut: int, step: int) -> None:
    many = [key * 7919 + step for key in range(6000)]
    everyone = sketch_of(keys + many)
    parts = [sketch_of(keys[:cut]), sketch_of(many[::-1]), sketch_of(keys[cut:]), sketch_of(many[::step])]
    assert united(parts) == everyone
    assert united(parts[::-1] + parts) == everyone
