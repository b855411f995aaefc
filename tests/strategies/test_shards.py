"""Shards: everything once, and in proportion to what each worker may have in flight."""

from hypothesis import given
from hypothesis import strategies as st

from strategies.shards import shards_of, shares_of


@given(st.integers(1, 200), st.integers(1, 50))
def test_the_shares_are_the_requests_in_flight_and_differ_by_one_at_most(in_flight, workers):
    shares = shares_of(in_flight, workers)
    assert (sum(shares), len(shares)) == (in_flight, workers)
    assert max(shares) - min(shares) <= 1


@given(st.integers(0, 500), st.integers(1, 40), st.integers(1, 9))
def test_every_request_is_in_one_shard_and_in_order(number, in_flight, workers):
    shards = shards_of(number, shares_of(in_flight, workers))
    assert sorted(place for shard in shards for place in shard) == list(range(number))
    assert all(shard == sorted(shard) for shard in shards)


@given(st.integers(0, 500), st.integers(1, 40), st.integers(1, 9))
def test_no_worker_has_a_round_more_to_make_than_another(number, in_flight, workers):
    shares = shares_of(in_flight, workers)
    rounds = [len(shard) / share for shard, share in zip(shards_of(number, shares), shares, strict=True) if share]
    assert max(rounds) - min(rounds) <= 1


def test_few_requests_are_spread_over_all_workers():
    assert shards_of(4, [3, 3, 2]) == [[0, 3], [1], [2]]
