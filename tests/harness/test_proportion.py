import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

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


def test_many_clusters_that_differ_as_dice_would_make_them_count_nearly_in_full():
    found = share_over_clusters([(1, 2)] * 200)
    shrunk = 400 * (Z / t.ppf(0.975, 199)) ** 2
    assert (found.low, found.high) == pytest.approx((wilson(0.5, shrunk).low, wilson(0.5, shrunk).high), abs=1e-12)
    assert shrunk > 390


def test_clusters_that_are_all_or_nothing_count_as_one_each():
    found = share_over_clusters([(100, 100), (0, 100), (100, 100), (0, 100)])
    assert found.estimate == 0.5
    assert found == wilson(0.5, 4)


def test_where_every_cluster_says_the_same_it_is_said_so_many_times_and_not_more():
    assert share_over_clusters([(0, 40)] * 15 + [(0, 0)]) == wilson(0.0, 15)
    assert share_over_clusters([(3, 7)]) == wilson(3 / 7, 1)


def test_one_large_cluster_among_small_ones_is_one_and_not_many():
    found = share_over_clusters([(100, 100), *[(1, 1)] * 10])
    assert found == wilson(1.0, 110**2 / (100**2 + 10))


@pytest.mark.parametrize(("clusters", "most"), [(3, 1.0), (5, 0.985), (20, 0.97)])
def test_the_interval_has_the_true_share_in_it_as_often_as_it_says_few_clusters_or_many(clusters, most):
    # The shares of clusters differ (by a beta distribution), and so do their sizes.
    draws, inside, number = numpy.random.default_rng(7), 0, 1500
    sizes = draws.integers(5, 40, (number, clusters))
    hits = draws.binomial(sizes, draws.beta(2, 3, (number, clusters)))
    for each in range(number):
        found = share_over_clusters(list(zip(hits[each].tolist(), sizes[each].tolist(), strict=True)))
        inside += found.low <= 0.4 <= found.high
    assert 0.93 <= inside / number <= most


@given(
    st.lists(st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=20)
)
def test_clusters_never_tell_more_than_what_is_in_them_and_never_less_than_they_are(counts):
    found, total = share_over_clusters(counts), sum(number for _, number in counts)
    if total:
        alike = total**2 / sum(number**2 for _, number in counts)
        wide, narrow = wilson(found.estimate, alike), wilson(found.estimate, total)
        assert wide.low - 1e-12 <= found.low <= narrow.low + 1e-12
        assert narrow.high - 1e-12 <= found.high <= wide.high + 1e-12


@pytest.mark.parametrize(("share", "number"), [(1.1, 5), (-0.1, 5), (0.5, 0), (math.nan, 5)])
def test_what_is_no_share_has_no_interval(share, number):
    with pytest.raises(ValueError, match="expected a share from 0 to 1"):
        wilson(share, number)
