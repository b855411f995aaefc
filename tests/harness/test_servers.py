"""Which scenarios share a server, and for which loads its card is made. Nothing is started here."""

import contextlib
from dataclasses import replace

import pytest

from harness import servers
from harness.servers import card_for, card_loads, serving


@pytest.fixture
def started(monkeypatch):
    """What was started, as (exchanges, options), while it runs: a server that stands for itself as a number."""
    running, up = [], []

    @contextlib.contextmanager
    def start(names, latency, seed, options):
        running.append((tuple(names), tuple(options)))
        up.append(len(running))
        try:
            yield up[-1]
        finally:
            up.pop()

    monkeypatch.setattr(servers, "running", start)
    yield running
    assert up == []


def swept(scenario, **lists):
    ((name, values),) = lists.items()
    return [replace(scenario, name=f"{name}={value}", **{name: value}) for value in values]


def test_scenarios_that_differ_in_what_is_asked_of_each_batch_share_a_server(started, scenario):
    scenarios = [
        *swept(scenario, concurrency=[1, 8]), *swept(scenario, latency=["1ms", "2ms"]),
        *swept(scenario, requests=[9, 90]),
    ]  # fmt: skip
    with serving(scenarios, ["--one-at-a-time", "1ms"]) as mocks:
        assert mocks == {one.name: 1 for one in scenarios}
    assert started == [(("binance", "coinbase", "kraken"), ("--one-at-a-time", "1ms"))]


def test_scenarios_that_need_another_listing_or_other_exchanges_have_servers_of_their_own(started, scenario):
    tickers, markets = replace(scenario, name="tickers"), replace(scenario, name="markets", listed=50)
    books = replace(scenario, name="books", markets=scenario.markets[:1])
    with serving([tickers, markets, books], []) as mocks:
        assert mocks == {"tickers": 1, "markets": 2, "books": 3}
    assert started[1:] == [(("binance", "coinbase", "kraken"), ("--listed=50",)), (("binance",), ())]


def test_a_server_is_started_with_the_faults_and_the_certificates_of_its_scenario(started, scenario):
    with serving([replace(scenario, faults="bom", listed=9, tls=True)], []):
        assert started[0][1] == ("--faults=bom", "--listed=9", "--tls")


def test_servers_that_were_started_end_when_a_later_one_does_not_start(started, scenario, monkeypatch):
    start = servers.running

    def second_fails(names, latency, seed, options):
        if started:
            raise RuntimeError("no ports")
        return start(names, latency, seed, options)

    monkeypatch.setattr(servers, "running", second_fails)
    with pytest.raises(RuntimeError, match="no ports"), serving(swept(scenario, listed=[0, 50]), []):
        pass
    assert len(started) == 1


@pytest.fixture
def calibrated(monkeypatch):
    """What a card was to be made of: the arguments of ``calibrate``."""
    asked = []
    monkeypatch.setattr(servers, "calibrate", lambda *arguments: asked.append(arguments))
    return asked


def test_one_card_speaks_for_the_numbers_in_flight_and_the_longest_delay_of_all_scenarios(calibrated, scenario):
    scenarios = [*swept(scenario, concurrency=[4, 16]), replace(scenario, name="slow", latency="200ms")]
    card_for(scenarios, {scenarios[0].name: "the first server"}, [], True)
    ((mock, loads, asked_s, seed, fast, server),) = calibrated
    assert (mock, loads, seed, fast, server) == ("the first server", [1, 2, 4, 16, 100], 7, True, None)
    assert asked_s == pytest.approx(0.2)


def test_the_card_of_a_server_that_speaks_tls_is_that_of_another_one_and_says_so(calibrated, started, scenario):
    secure = replace(scenario, tls=True)
    card_for([secure], {secure.name: "the secure server"}, ["--backlog", "5"], False)
    assert (calibrated[0][0], calibrated[0][-1]) == (1, "another one, without TLS")
    assert started == [(("binance", "coinbase", "kraken"), ("--backlog", "5"))]


@pytest.mark.parametrize(
    ("concurrencies", "loads"),
    [
        ([20], [1, 20, 100]),
        ([1, 4, 16], [1, 4, 16, 100]),
        ([400], [1, 100, 400]),
        ([2, 4, 8, 16, 32, 64], [1, 4, 16, 64, 100]),
        ([2, 4, 8, 16, 200, 400, 800], [1, 4, 100, 200, 800]),
    ],
)
def test_a_card_has_at_most_five_loads_the_least_the_greatest_and_a_hundred_among_them(concurrencies, loads):
    assert card_loads(concurrencies) == loads
