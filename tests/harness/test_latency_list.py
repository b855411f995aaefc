"""Latencies with commas in them, in a list with commas between them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.latency_list import latencies_in
from mock_server.conditions import Latency
from mock_server.delay import Delay

NAMES = ("binance", "coinbase", "kraken")
SECONDS = st.integers(1, 9_000_000).map(lambda microseconds: microseconds / 1e6)
TWO = st.tuples(SECONDS, SECONDS).filter(lambda both: both[0] < both[1])
PERCENTS = st.sets(st.integers(1, 99), max_size=3).map(lambda inner: (0.0, *map(float, sorted(inner)), 100.0))


@st.composite
def quantiles(draw):
    percents = draw(PERCENTS)
    values = draw(st.lists(SECONDS, min_size=len(percents), max_size=len(percents)))
    return Delay("quantiles", tuple(sorted(values)), percents)


DELAYS = st.one_of(
    SECONDS.map(Delay.constant),
    st.builds(Delay, st.sampled_from(["uniform", "normal", "lognormal", "pareto"]), TWO),
    quantiles(),
)
LATENCIES = st.builds(Latency, DELAYS, st.dictionaries(st.sampled_from(NAMES), DELAYS, max_size=3)).map(str)


@given(st.lists(LATENCIES, min_size=1, max_size=6), st.sampled_from([",", ", ", " ,"]))
def test_latencies_that_are_joined_with_commas_are_cut_at_the_same_places(texts, comma):
    assert latencies_in(comma.join(texts), NAMES) == [Latency.parse(text, NAMES) for text in texts]


def texts_of(text):
    return [str(latency) for latency in latencies_in(text, NAMES)]


def test_a_latency_takes_the_values_that_belong_to_it_and_no_more():
    assert texts_of("lognormal:20ms,200ms,100ms") == ["lognormal:20ms,200ms", "100ms"]
    assert texts_of("20ms;kraken=uniform:1ms,2ms,5ms") == ["20ms;kraken=uniform:1ms,2ms", "5ms"]
    assert texts_of("quantiles:0=1ms,50=2ms,100=9ms,kraken=3ms;7ms") == [
        "quantiles:0=1ms,50=2ms,100=9ms", "7ms;kraken=3ms",
    ]  # fmt: skip


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    """Files whose names have commas in them; each is a profile of one constant delay."""
    monkeypatch.chdir(tmp_path)
    for name, seconds in {"a": 0.001, "a,5ms": 0.002, "b": 0.003, "b,quantiles:0=7ms": 0.004}.items():
        entry = {"samples": 2, "quantiles_s": [[0, seconds], [100, seconds]]}
        profile = {"schema": 1, "kind": "fetchrace latency profile", "exchanges": {}, "all": entry}
        (tmp_path / name).write_text(json.dumps(profile))


def test_a_profile_is_the_file_with_the_longest_name(profiles):
    assert texts_of("profile:a,5ms") == ["quantiles:0=2ms,100=2ms"]
    assert texts_of("profile:a,6ms") == ["quantiles:0=1ms,100=1ms", "6ms"]


def test_a_name_gives_way_where_it_would_leave_a_rest_that_is_no_latency(profiles):
    assert texts_of("profile:b,quantiles:0=7ms,9ms") == ["quantiles:0=4ms,100=4ms", "9ms"]
    assert texts_of("profile:b,quantiles:0=7ms,100=9ms") == ["quantiles:0=3ms,100=3ms", "quantiles:0=7ms,100=9ms"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a duration such as 20ms, 1.5s or 500us, found ''"),
        ("20", "expected a duration such as 20ms, 1.5s or 500us, found '20'"),
        ("20ms,30", "expected a duration such as 20ms, 1.5s or 500us, found '30'"),
        ("20ms,lognromal:5ms,9ms", "unknown shape of delay 'lognromal'; did you mean lognormal?"),
        (
            "20ms,uniform:30ms,10ms,5ms",
            "expected a uniform delay with LOW <= HIGH, found uniform:30ms,10ms; try uniform",
        ),
        ("5ms,quantiles:0=1ms,50=9ms,100=5ms,7ms", "expected quantiles that never fall"),
        ("20ms,30ms;krakn=5ms", "a latency is given for 'krakn', no exchange here; did you mean kraken?"),
        ("20ms,,30ms", "expected a latency on either side of each comma, found nothing beside one in '20ms,,30ms'"),
        ("20ms,", "expected a latency on either side of each comma, found nothing beside one in '20ms,'"),
        ("," * 3, "expected a latency on either side of each comma, found nothing beside one in ',,,'"),
        (",".join(["1ms"] * 25), "expected at most 24 latencies, found more"),
    ],
)
def test_a_list_that_cannot_be_cut_is_refused_with_the_sentence_about_the_piece(text, said):
    with pytest.raises(ValueError, match=r"expected|unknown|given") as caught:
        latencies_in(text, NAMES)
    assert str(caught.value).startswith(said)
