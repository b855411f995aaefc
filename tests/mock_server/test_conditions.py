import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.conditions import Delay, Latency
from mock_server.profile import profile_of

_DELAYS = st.sampled_from(["20ms", "300us", "uniform:10ms,30ms", "lognormal:20ms,200ms", "quantiles:0=1ms,100=2ms"])


@pytest.fixture
def profile(tmp_path):
    file = tmp_path / "home = mine.json"
    samples = {"kraken": [0.05, 0.06, 0.09], "binance": [0.01, 0.02]}
    file.write_text(json.dumps(profile_of(samples, "2026-11-23")))
    return file


def test_one_delay_is_meant_for_every_exchange():
    latency = Latency.parse("20ms")
    assert latency.of("kraken") == latency.of("binance") == Delay.constant(0.02)


def test_a_named_exchange_has_its_own_delay_and_the_unnamed_one_is_for_all_others():
    latency = Latency.parse("20ms; kraken = lognormal:50ms,300ms ;binance=0")
    assert latency.of("kraken") == Delay.parse("lognormal:50ms,300ms")
    assert latency.of("binance") == Delay.constant(0.0)
    assert latency.of("coinbase") == Delay.constant(0.02)


@given(_DELAYS, st.dictionaries(st.sampled_from(["kraken", "binance"]), _DELAYS))
def test_a_printed_latency_reads_back_as_the_same_latency(others, named):
    latency = Latency.parse(";".join([others, *(f"{name}={delay}" for name, delay in named.items())]))
    assert Latency.parse(str(latency)) == latency


def test_a_draw_is_that_of_the_exchange_s_delay():
    latency = Latency.parse("20ms;kraken=uniform:10ms,30ms")
    assert latency.draw("kraken", 7, 1, 2, 3, 4) == Delay.parse("uniform:10ms,30ms").draw(7, 1, 2, 3, 4)
    assert latency.draw("binance", 7, 1, 2, 3, 4) == 0.02


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kraken=20ms", "20ms;kraken=20ms"),
        ("20ms;30ms", "expected one latency for all others, found two"),
        ("20ms;kraken=1ms;kraken=2ms", "expected one latency for kraken, found two"),
        ("20ms;krakn=1ms", "did you mean kraken?"),
        ("20ms;kraken=lognorml:1ms,2ms", "did you mean lognormal?"),
        ("20ms;", "expected"),
        ("profile:/nowhere/mine.json", "cannot read the profile mine.json"),
    ],
)
def test_a_bad_latency_is_a_sentence_that_says_what_to_try(text, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is compared below
        Latency.parse(text, ["kraken", "binance"])
    assert words in str(caught.value)


def test_a_profile_gives_each_exchange_what_was_recorded_of_it_and_the_pool_to_the_others(profile):
    latency = Latency.parse(f"profile:{profile}")
    assert latency.of("kraken").quantile(0.5) == pytest.approx(0.06)
    assert latency.of("binance").quantile(0.5) == pytest.approx(0.015)
    assert latency.of("coinbase").quantile(0.5) == pytest.approx(0.05)


def test_a_profile_is_one_exchange_s_alone_where_it_is_named(profile):
    latency = Latency.parse(f"20ms;kraken=profile:{profile}")
    assert latency.of("kraken").quantile(0.5) == pytest.approx(0.06)
    assert latency.of("binance") == Delay.constant(0.02)


def test_the_text_of_a_replayed_profile_needs_no_file(profile):
    latency = Latency.parse(f"profile:{profile}", ["kraken", "coinbase"])
    profile.unlink()
    assert Latency.parse(str(latency)) == latency
    assert "home" not in str(latency)
    assert list(latency.by_exchange) == ["kraken"]
