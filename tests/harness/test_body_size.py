"""How large bodies are, and those that are asked for before anybody's time runs."""

import pytest

from harness.body_size import body_sizes, render_beforehand
from harness.scenario import Scenario
from mock_server.process import Control, running


@pytest.fixture
def markets(scenario):
    more = {"markets": [["kraken", "BTC/USD"]], "workload": "markets", "listed": 300}
    return Scenario.from_json({**scenario.to_json(), **more})


def test_the_size_of_a_body_grows_with_what_is_listed(markets):
    fewer = Scenario.from_json({**markets.to_json(), "listed": 100})
    assert 2.5 < body_sizes(markets)["kraken"] / body_sizes(fewer)["kraken"] < 3.5


def test_each_exchange_of_a_scenario_has_a_size(scenario):
    assert set(body_sizes(scenario)) == set(scenario.exchanges)


@pytest.mark.slow
def test_a_whole_market_is_asked_for_once_in_each_encoding_and_in_no_arms_log(markets, monkeypatch):
    logs = []

    class Seen(Control):
        def end(self):
            logs.append(super().end())
            return logs[-1]

    monkeypatch.setattr("harness.body_size.Control", Seen)
    with running(["kraken"], "5s", 7, ["--listed=300", "--faults=429"]) as mock:
        render_beforehand(markets, mock)
        with Control(mock) as control:
            assert control.status()["state"] == "idle"
    (log,) = logs
    rows = [dict(zip(log["columns"], row, strict=True)) for row in log["rows"]]
    assert [(row["pair"], row["status"], row["fault"]) for row in rows] == [("*", 200, "")] * 2
    plain = body_sizes(markets)["kraken"]
    assert rows[0]["bytes"] == rows[1]["bytes"] == pytest.approx(plain, rel=0.02)


@pytest.mark.parametrize("more", [{"workload": "tickers"}, {"faults": "kraken:tls-expired", "tls": True}])
def test_what_is_small_or_cannot_be_reached_is_not_asked_for(markets, monkeypatch, more):
    asked = []
    monkeypatch.setattr("harness.body_size._ask", lambda request, ca_file: asked.append(request))

    class Nobody:
        def __init__(self, mock):
            self.origins, self.ca_file = {"kraken": "https://127.0.0.1:1"}, None

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def begin(self, seed, latency, faults):
            assert (latency, faults) == ("0ms", "")

        def end(self):
            return {}

    monkeypatch.setattr("harness.body_size.Control", Nobody)
    render_beforehand(Scenario.from_json({**markets.to_json(), **more}), Nobody(None))
    assert asked == []
    render_beforehand(markets, Nobody(None))
    assert [request.exchange for request in asked] == ["kraken"]
