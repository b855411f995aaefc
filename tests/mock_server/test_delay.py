import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mock_server.delay import Delay

_SECONDS = st.floats(0, 100)
_TAIL = st.tuples(st.floats(1e-6, 1), st.floats(1.001, 9))
DELAYS = st.one_of(
    _SECONDS.map(Delay.constant),
    st.tuples(st.floats(0, 1), st.floats(1, 9)).map(lambda pair: Delay("uniform", pair)),
    st.tuples(st.floats(1e-6, 1), st.floats(0, 9)).map(lambda pair: Delay("normal", pair)),
    _TAIL.map(lambda pair: Delay("lognormal", pair)),
    _TAIL.map(lambda pair: Delay("pareto", pair)),
    st.lists(_SECONDS, min_size=3, max_size=9).map(
        lambda values: Delay("quantiles", tuple(sorted(values)), tuple(np.linspace(0, 100, len(values)).tolist()))
    ),
)


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("20ms", Delay("constant", (0.02,))),
        ("constant:20ms", Delay("constant", (0.02,))),
        ("0", Delay("constant", (0.0,))),
        ("uniform:10ms,30ms", Delay("uniform", (0.01, 0.03))),
        ("uniform:5ms,5ms", Delay("uniform", (0.005, 0.005))),
        ("normal:20ms,5ms", Delay("normal", (0.02, 0.005))),
        (" LogNormal: 20ms , 200ms ", Delay("lognormal", (0.02, 0.2))),
        ("pareto:20ms,200ms", Delay("pareto", (0.02, 0.2))),
        ("quantiles:0=10ms, 50=20ms, 100=90ms", Delay("quantiles", (0.01, 0.02, 0.09), (0, 50, 100))),
    ],
)
def test_every_documented_form_is_read(text, delay):
    assert Delay.parse(text) == delay


@pytest.mark.parametrize(
    "text",
    [
        "20ms", "0ms", "300us", "1.5s", "uniform:10ms,30ms", "normal:20ms,5ms", "lognormal:20ms,200ms",
        "pareto:20ms,200ms", "quantiles:0=10ms,99.9=20ms,100=90ms",
    ],
)  # fmt: skip
def test_a_delay_prints_in_the_form_that_people_write(text):
    assert str(Delay.parse(text)) == text


def test_every_delay_in_whole_microseconds_prints_in_no_more_digits_than_it_has():
    for micros in [1, 7, 999, 13_062, 20_001, 1_000_001, 123_456_789, *range(10_000, 1_000_000, 997)]:
        text = str(Delay.constant(micros / 1e6))
        assert len("".join(filter(str.isdigit, text)).strip("0")) <= len(str(micros)), text


@given(DELAYS)
def test_a_printed_delay_reads_back_as_the_same_delay(delay):
    assert Delay.parse(str(delay)) == delay


@given(DELAYS, st.integers(), st.integers(0, 9))
def test_no_delay_is_below_zero_or_without_end(delay, seed, index):
    assert 0 <= delay.draw(seed, 0, 0, index) < math.inf


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-5ms", "cannot answer early"),
        ("uniform:-1ms,5ms", "cannot answer early"),
        ("uniform:30ms,10ms", "try uniform:10ms,30ms"),
        ("normal:0ms,5ms", "a mean above 0"),
        ("lognormal:20ms,20ms", "p99 above the median"),
        ("lognormal:0,20ms", "median above 0"),
        ("lognormal:20ms", "expected 2 duration"),
        ("pareto:20ms,10ms", "p99 above the median"),
        ("20ms,30ms", "expected 1 duration"),
        ("lognorml:20ms,200ms", "did you mean lognormal?"),
        ("weibull:1ms,2ms", "uniform:10ms,30ms"),
        ("20", "expected a duration"),
        ("", "expected a duration"),
        ("quantiles:10ms,20ms", "PERCENT=DURATION"),
        ("quantiles:0=10ms", "2 to 201 quantiles"),
        ("quantiles:1=10ms,100=20ms", "rise from 0 to 100"),
        ("quantiles:0=10ms,50=11ms,50=12ms,100=20ms", "rise from 0 to 100"),
        ("quantiles:0=10ms,nan=11ms,100=20ms", "expected"),
        ("quantiles:0=10ms,50=5ms,100=20ms", "never fall"),
    ],
)
def test_a_bad_delay_is_a_sentence_that_says_what_to_try(text, words):
    with pytest.raises(ValueError, match="expected") as caught:
        Delay.parse(text)
    assert words in str(caught.value)


def test_the_same_draws_come_in_whatever_order_they_are_asked():
    delay = Delay.parse("lognormal:20ms,200ms")
    places = [(block, batch, index) for block in range(3) for batch in range(3) for index in range(20)]
    in_order = {place: delay.draw(7, *place) for place in places}
    random.Random(1).shuffle(places)
    assert {place: delay.draw(7, *place) for place in places} == in_order
    assert len(set(in_order.values())) == len(places)


def test_another_attempt_is_another_draw():
    delay = Delay.parse("uniform:10ms,30ms")
    assert delay.draw(7, 0, 0, 5, attempt=1) != delay.draw(7, 0, 0, 5)


def test_a_constant_delay_is_always_the_same():
    assert {Delay.parse("20ms").draw(7, 0, 0, index) for index in range(10)} == {0.02}


def _pareto(median, p99):
    alpha = math.log(50) / math.log(p99 / median)
    return stats.pareto(alpha, scale=median / 2 ** (1 / alpha))


DISTRIBUTIONS = {
    "uniform:10ms,30ms": stats.uniform(0.01, 0.02),
    "normal:20ms,5ms": stats.truncnorm(-4, math.inf, 0.02, 0.005),
    "normal:10ms,30ms": stats.truncnorm(-1 / 3, math.inf, 0.01, 0.03),
    "lognormal:20ms,200ms": stats.lognorm(math.log(10) / stats.norm.ppf(0.99), scale=0.02),
    "pareto:20ms,200ms": _pareto(0.02, 0.2),
    "uniform:100us,300us": stats.uniform(0.0001, 0.0002),
}


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_draws_have_the_distribution_that_was_asked_for(text):
    draws = [Delay.parse(text).draw(7, 0, 0, index) for index in range(5000)]
    assert stats.kstest(draws, DISTRIBUTIONS[text].cdf).pvalue > 0.01


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_quantiles_are_those_of_scipy_out_to_the_tails(text):
    delay = Delay.parse(text)
    for u in (1e-12, 0.001, 0.25, 0.5, 0.75, 0.99, 0.999999, 1 - 1e-12):
        assert delay.quantile(u) == pytest.approx(DISTRIBUTIONS[text].ppf(u), rel=1e-4, abs=1e-9)


def test_replayed_quantiles_are_straight_lines_between_the_given_points():
    delay = Delay.parse("quantiles:0=10ms,50=20ms,99=80ms,100=120ms")
    draws = [delay.draw(7, 0, 0, index) for index in range(5000)]

    def share_below(values):
        return np.interp(values, [0.01, 0.02, 0.08, 0.12], [0, 0.5, 0.99, 1])

    assert stats.kstest(draws, share_below).pvalue > 0.01
    assert (delay.quantile(0.5), delay.quantile(0.25)) == (0.02, pytest.approx(0.015))
