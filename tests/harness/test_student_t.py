"""Student's t against scipy, and against what is known in closed form."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from harness.student_t import student_t_cdf, student_t_quantile

DEGREES = [*range(1, 31), 47, 60, 99, 133, 200]


def test_the_distribution_function_equals_scipys_far_tails_included():
    at = (-1e8, -1e3, -40.0, -8.0, -3.0, -1.0, -0.1, -1e-5, 0.0, 1e-4, 0.5, 2.0, 10.0)
    for df in DEGREES:
        for t, expected in zip(at, stats.t.cdf(at, df), strict=True):
            assert student_t_cdf(t, df) == pytest.approx(expected, rel=1e-9, abs=0), (t, df)


def test_the_quantile_equals_scipys():
    at = (1e-12, 1e-6, 0.001, 0.025, 0.1, 0.499, 0.8, 0.975, 0.999)
    for df in DEGREES:
        for p, expected in zip(at, stats.t.ppf(at, df), strict=True):
            assert student_t_quantile(p, df) == pytest.approx(expected, rel=1e-9, abs=0), (p, df)


def test_one_degree_of_freedom_is_the_cauchy_distribution_even_where_scipy_gives_up():
    for t in (1.0, 30.0, 1e9, 1e160, 1e200):
        assert student_t_cdf(-t, 1) == pytest.approx(math.atan(1 / t) / math.pi, rel=1e-12, abs=0)


def test_two_degrees_of_freedom_have_their_closed_form():
    for t in (-3.0, -0.01, 0.7, 5.0):
        assert student_t_cdf(t, 2) == pytest.approx(0.5 + t / (2 * math.sqrt(2 + t * t)), rel=1e-12, abs=0)


@example(5e-324, 4.0)
@given(st.floats(-50, 50), st.floats(0.5, 300))
def test_the_two_tails_add_up_to_one(t, df):
    assert student_t_cdf(t, df) + student_t_cdf(-t, df) == pytest.approx(1, abs=1e-14)


@given(st.floats(1e-9, 0.5), st.integers(1, 300))
def test_the_quantile_undoes_the_distribution_function(p, df):
    assert student_t_cdf(student_t_quantile(p, df), df) == pytest.approx(p, rel=1e-10)


def test_the_ends_are_infinite_and_the_middle_is_zero():
    assert [student_t_quantile(p, 7) for p in (0, 0.5, 1)] == [-math.inf, 0, math.inf]
    assert [student_t_cdf(t, 7) for t in (-math.inf, 0, math.inf)] == [0, 0.5, 1]


@pytest.mark.parametrize("df", [0, -1, math.nan, math.inf])
def test_degrees_of_freedom_must_be_positive(df):
    with pytest.raises(ValueError, match="expected degrees of freedom above 0"):
        student_t_cdf(1, df)
    with pytest.raises(ValueError, match="expected degrees of freedom above 0"):
        student_t_quantile(0.9, df)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_a_quantile_is_taken_at_a_probability(p):
    with pytest.raises(ValueError, match="expected a probability between 0 and 1"):
        student_t_quantile(p, 5)


def test_nan_is_no_value_of_t():
    with pytest.raises(ValueError, match="found nan"):
        student_t_cdf(math.nan, 5)
