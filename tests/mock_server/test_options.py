"""The options' own words; what they do is tested where it is done."""

import time

import pytest

from mock_server.options import Stop, epoch_us_from, parser


def test_a_server_begins_at_the_wall_clock_s_now_where_nobody_says_otherwise():
    before = time.time_ns() // 10_000_000 * 10_000  # on a whole hundredth of a second
    assert before <= epoch_us_from(parser().parse_args([]).epoch) <= time.time_ns() // 1000


def test_an_epoch_is_a_time_in_utc():
    assert epoch_us_from(parser().parse_args(["--epoch", "2026-01-01T00:00:00Z"]).epoch) == 1_767_225_600_000_000
    assert epoch_us_from("2026-01-01T00:00:01.5Z") == 1_767_225_601_500_000


@pytest.mark.parametrize("text", ["yesterday", "2026-01-01", "1999-12-31T00:00:00Z", "2100-01-01T00:00:00Z", "", "0"])
def test_what_is_no_epoch_is_refused_in_a_sentence(text):
    with pytest.raises(Stop, match=r"expected now, or a time from 2000 to 2099") as stop:
        parser().parse_args(["--epoch", text])
    assert stop.value.code == 2
