"""A part of a release held against the rest of it: what is common to both cancels."""

from typing import TypeVar

from jobs.scoring.method.arrays import Array

REST_PSEUDO_CRASHES = 2.0
_Amounts = TypeVar("_Amounts", float, Array)


def expected_as_the_rest(expected: _Amounts, rest_observed: _Amounts, rest_expected: _Amounts) -> _Amounts:
    """What a part would have if it strayed from what is expected of it as the rest does; hardly at all where the rest has few crashes."""
    return expected * (rest_observed + REST_PSEUDO_CRASHES) / (rest_expected + REST_PSEUDO_CRASHES)
