"""Sharing out the requests in flight."""

from hypothesis import given
from hypothesis import strategies as st

from harness.tracker.pollers import shares_of

needs = st.dictionaries(st.sampled_from("abcdefghijk"), st.integers(1, 40), min_size=1)


@given(st.integers(1, 100), needs)
def test_everybody_gets_one_and_nobody_more_than_it_needs(in_flight, needs):
    given_ = shares_of(in_flight, needs)
    assert list(given_) == list(needs)
    assert all(1 <= given_[name] <= need for name, need in needs.items())
    assert sum(given_.values()) <= max(in_flight, len(needs))


@given(needs)
def test_where_there_is_enough_everybody_gets_all(needs):
    assert shares_of(sum(needs.values()), needs) == needs


def test_what_some_do_not_need_the_others_get():
    assert shares_of(20, {"kraken": 1, "coinbase": 24, "okx": 1, "gemini": 22}) == {
        "kraken": 1, "coinbase": 9, "okx": 1, "gemini": 9,
    }  # fmt: skip
