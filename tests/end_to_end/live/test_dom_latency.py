"""A change of price at a server reaches the page within a beat and a tenth of a second (``tox -e e2e``)."""

import pytest

from tests.end_to_end.live import dom_latency

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_change_of_price_reaches_the_page_within_one_beat_and_100_ms_at_p95(start, visit, capsys):
    found = dom_latency.measure(start, visit(), changes=32)
    with capsys.disabled():
        print(f"\n{found.sentence()}")
    assert found.error_s < 0.02
    assert found.quantile(0.95) <= dom_latency.LIMIT_S + found.error_s
