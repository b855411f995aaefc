from types import SimpleNamespace

import pytest

from harness.exits import UsageError
from harness.sabotage import EXPECTED, sabotage_from
from mock_server.options import parser

# Of a scenario, only the exchanges matter here.
SCENARIO = SimpleNamespace(exchanges=("binance", "coinbase"))


@pytest.mark.parametrize(
    "text", ["one-at-a-time=10ms", "refuse=coinbase=rate_limited", "late=30ms", "ramp=10%/20s", "backlog=5"]
)
def test_a_lever_is_an_option_of_the_mock_s(text):
    (option,) = sabotage_from(text, [SCENARIO])
    name, _, value = text.partition("=")
    found = getattr(parser().parse_args([option]), name.replace("-", "_"))
    assert found in (value, [value])


def test_without_sabotage_the_mock_gets_no_option():
    assert sabotage_from(None, [SCENARIO]) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one-at-a-time=soon", "expected a duration such as 20ms"),
        ("refuse=coinbase=maybe", "no exchange refuses with 'maybe'"),
        ("refuse=kraken=banned", "this server has no exchange 'kraken'"),
        ("late=-1ms", "expected zero or more, found '-1ms': the server never answers early"),
        ("ramp=-10%/20s", "expected a growth of zero or more"),
        ("ramp=10%", "expected a growth of zero or more over a duration such as 10%/20s"),
        ("backlog=0", "expected a backlog of 1 to 1024 connections"),
        ("everything", f"expected {EXPECTED}, found 'everything'"),
        ("late", f"expected {EXPECTED}, found 'late'"),
        ("late=", f"expected {EXPECTED}, found 'late='"),
        ("rump=10%/20s", f"expected {EXPECTED}, found 'rump=10%/20s'; did you mean ramp?"),
    ],
)
def test_sabotage_of_which_the_mock_would_be_unable_is_refused_at_the_door(text, words):
    with pytest.raises(UsageError) as caught:
        sabotage_from(text, [SCENARIO])
    assert str(caught.value).startswith(f"--sabotage: {words}")


def test_what_is_expected_names_every_lever():
    assert EXPECTED == "one-at-a-time=10ms, refuse=EXCHANGE=KIND, late=30ms, ramp=10%/20s or backlog=5"


def test_every_scenario_s_own_mock_must_be_able_to_move_the_lever():
    with pytest.raises(UsageError, match="this server has no exchange 'coinbase'"):
        sabotage_from("refuse=coinbase=banned", [SCENARIO, SimpleNamespace(exchanges=("binance",))])
