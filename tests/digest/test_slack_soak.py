"""A few days of the soak; `make test-slack-soak` runs seven weeks of it."""

import pytest

from tests.digest.slack_soak import soak


@pytest.mark.races
def test_days_of_faults_end_with_one_root_one_broadcast_and_the_right_last_word():
    happened = soak(days=2, seed=3)
    assert happened["alarms"] > 0
