import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.proportion import share_over_clusters, wilson

Z = 1.959963984540054


@pytest.mark.parametrize(("hits", "number", "low", "high"), [
    # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998,
    # table I, method 3.
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
])  # fmt: skip
def test_wilson_s_interval_is_that_of_the_published_table(hits, number, low, high):
    found = wilson(hits / number, number)
    assert (found.estimate, found.low, found.high) == pytest.approx((hits / number, low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_ends_are_where_the_share_is_just_one_limit_away(hits, more):
    share, number = hits / (hits + more), hits + more
    found = wilson(share, number)
    assert 0 <= found.low <= share <= found.high <= 1
    for end in (found.low, found.high):
        if 0 < end < 1 and end != share:
            assert abs(share - end) / math.sqrt(end * (1 - end) / number) == pytest.approx(Z, rel=1e-6)


def test_nothing_that_was_counted_is_no_share():
    assert share_over_clusters([]) is None
    assert share_over_clusters([(0, 0), (0, 0)]) is None


def test_batches_that_differ_as_dice_would_make_them_count_in_full():
    found = share_over_clusters([(1, 2), (1, 2), (1, 2), (1, 2)])
    assert found == wilson(0.5, 8)


def test_batches_that_are_all_or_nothing_count_as_one_each():
    found = share_over_clusters([(100, 100), (0, 100), (100, 100), (0, 100)])
    assert found.estimate == 0.5
    assert found == wilson(0.5, 4)


def test_where_every_batch_says_the_same_it_is_said_so_many_times_and_not_more():
    assert share_over_clusters([(0, 40)] * 15 + [(0, 0)]) == wilson(0.0, 15)
    assert share_over_clusters([(3, 7)]) == wilson(3 / 7, 1)


@given(
    st.lists(st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=20)
)
def test_clusters_never_tell_more_than_what_is_in_them_and_never_less_than_they_are(counts):
    found, total = share_over_clusters(counts), sum(number for _, number in counts)
    if total:
        wide, narrow = wilson(found.estimate, sum(number > 0 for _, number in counts)), wilson(found.estimate, total)
        assert wide.low - 1e-12 <= found.low <= narrow.low + 1e-12
        assert narrow.high - 1e-12 <= found.high <= wide.high + 1e-12


@pytest.mark.parametrize(("share", "number"), [(1.1, 5), (-0.1, 5), (0.5, 0), (math.nan, 5)])
def test_what_is_no_share_has_no_interval(share, number):
    with pytest.raises(ValueError, match="expected a share from 0 to 1"):
        wilson(share, number)
