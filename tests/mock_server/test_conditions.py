import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mock_server.conditions import Delay

DELAYS = st.one_of(
    st.floats(0, 100).map(lambda s: Delay("constant", s, s)),
    st.tuples(st.floats(0, 1), st.floats(1, 9)).map(lambda pair: Delay("uniform", *pair)),
    st.tuples(st.floats(1e-6, 1), st.floats(1.001, 9)).map(lambda pair: Delay("lognormal", *pair)),
)


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("20ms", Delay("constant", 0.02, 0.02)),
        ("constant:20ms", Delay("constant", 0.02, 0.02)),
        ("0", Delay("constant", 0.0, 0.0)),
        ("uniform:10ms,30ms", Delay("uniform", 0.01, 0.03)),
        ("uniform:5ms,5ms", Delay("uniform", 0.005, 0.005)),
        (" LogNormal: 20ms , 200ms ", Delay("lognormal", 0.02, 0.2)),
    ],
)
def test_every_documented_form_is_read(text, delay):
    assert Delay.parse(text) == delay


@pytest.mark.parametrize("text", ["20ms", "0ms", "300us", "1.5s", "uniform:10ms,30ms", "lognormal:20ms,200ms"])
def test_a_delay_prints_in_the_form_that_people_write(text):
    assert str(Delay.parse(text)) == text


@given(DELAYS)
def test_a_printed_delay_reads_back_as_the_same_delay(delay):
    assert Delay.parse(str(delay)) == delay


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-5ms", "cannot answer early"),
        ("uniform:-1ms,5ms", "cannot answer early"),
        ("uniform:30ms,10ms", "try uniform:10ms,30ms"),
        ("lognormal:20ms,20ms", "p99 above the median"),
        ("lognormal:0,20ms", "median above 0"),
        ("lognormal:20ms", "expected 2 duration"),
        ("20ms,30ms", "expected 1 duration"),
        ("lognorml:20ms,200ms", "did you mean lognormal?"),
        ("pareto:1ms,2ms", "uniform:10ms,30ms"),
        ("20", "expected a duration"),
        ("", "expected a duration"),
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


def test_uniform_draws_are_uniform():
    draws = [Delay.parse("uniform:10ms,30ms").draw(7, 0, 0, index) for index in range(4000)]
    assert min(draws) >= 0.01
    assert max(draws) <= 0.03
    assert stats.kstest(draws, "uniform", args=(0.01, 0.02)).pvalue > 0.01


def test_lognormal_draws_have_the_median_and_the_p99_that_were_asked_for():
    draws = [Delay.parse("lognormal:20ms,200ms").draw(7, 0, 0, index) for index in range(4000)]
    sigma = math.log(10) / stats.norm.ppf(0.99)
    assert stats.kstest(draws, "lognorm", args=(sigma, 0, 0.02)).pvalue > 0.01
