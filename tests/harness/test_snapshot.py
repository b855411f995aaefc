"""One snapshot: what a strategy brings, and what becomes of one that breaks its promises. No server is started."""

import argparse
import contextlib
import math
import socket
import threading
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

import exchanges
import strategies
from exchanges.book import Book, Level
from exchanges.facts import Facts
from exchanges.pair import Pair
from exchanges.plugins import BrokenPlugin
from exchanges.quote import Quote
from harness import place_options, snapshot
from harness.exits import Stop, UsageError
from mock_server.market import EPOCH_US
from strategies.strategy import Failed, Fetched


@pytest.fixture
def take(monkeypatch):
    """Take a snapshot of one pair of each of two exchanges with ``fetch`` in the strategy's place."""
    begun = []

    @contextlib.contextmanager
    def running(names, latency, seed):
        yield SimpleNamespace(origins=dict.fromkeys(names, "http://127.0.0.1:1"), control="", token="")

    class Control:
        def __init__(self, mock):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *rest):
            pass

        def begin(self, seed, hold):
            begun.append((seed, hold))

    monkeypatch.setattr(place_options, "running", running)
    monkeypatch.setattr(place_options, "Control", Control)

    def go(fetch, *options, **wanted):
        """``fetch`` gets the requests for prices; those for facts are answered well unless it is to get them too."""

        def all_of(requests):
            if not wanted.get("facts") and requests[0].about in ("time", "instruments"):
                return [told(request) for request in requests]
            return fetch(requests)

        opened = all_of if fetch is not None else None
        monkeypatch.setattr(strategies, "load", lambda name: lambda limits, decode: contextlib.nullcontext(opened))
        parser = argparse.ArgumentParser()
        snapshot.add_arguments(parser)
        args = parser.parse_args(["-x", "coinbase,kraken", "--pairs", "1", "-s", "threads", *options])
        return snapshot.take(args, wanted.get("levels", 0), wanted.get("between_moneys", False))

    go.begun = begun
    return go


def told(request, halted=()):
    """A good answer to what was asked of an exchange itself."""
    facts = Facts(time_us=EPOCH_US + 50_123)
    if request.about == "instruments":
        listed = exchanges.load(request.exchange).instruments
        facts = Facts(instruments=tuple(replace(one, trading=one.pair not in halted) for one in listed))
    return Fetched(facts, 0.0, 0.1, 200, 9)


def fetched(request, value=None):
    quote = Quote(request.exchange, request.pairs[0], Decimal(1), Decimal(2))
    return Fetched((quote,) if value is None else value, 0.5, 0.75, 200, 9)


def all_fetched(requests):
    return [fetched(request) for request in requests]


def test_quotes_come_in_the_order_of_the_markets_with_the_moments_they_were_asked_for_and_in_hand(take):
    found = take(all_fetched)
    assert [quote.exchange for quote in found.quotes] == ["coinbase", "kraken"]
    assert (found.failures, found.strategy, found.notes) == ([], "threads", ())
    assert {(one.asked_us, one.received_us) for one in found.seen.sightings} == {(500_000, 750_000)}
    assert type(found.seen.now_us) is int


def test_the_clock_of_an_exchange_is_known_by_what_it_told_and_how_long_it_took(take):
    clocks = take(all_fetched).seen.clocks
    assert set(clocks) == {"coinbase", "kraken"}
    # Told 50 ms after the epoch, within 0.1 s: the middle of it is when our clock was at 50 ms.
    assert abs(clocks["coinbase"].at(50_000) - (EPOCH_US + 50_123)) <= 1
    assert clocks["coinbase"].error_us <= 50_001


def test_a_market_that_is_not_trading_or_not_listed_any_more_is_halted(take):
    btc, other = Pair("BTC", "USD"), Pair("ETH", "USD")

    def fetch(requests):
        if requests[0].about == "quotes":
            return all_fetched(requests)
        return [told(request, {btc} if request.exchange == "kraken" else {other}) for request in requests]

    assert take(fetch, facts=True).seen.halted == {("kraken", btc)}


def test_what_cannot_be_learnt_of_an_exchange_is_a_note_and_no_failure(take):
    def fetch(requests):
        if requests[0].about == "quotes":
            return all_fetched(requests)
        return [Failed("server", "no answer", 0.0, 0.1, 503) if r.exchange == "kraken" else told(r) for r in requests]

    found = take(fetch, facts=True)
    assert (set(found.seen.clocks), found.failures) == ({"coinbase"}, [])
    assert found.notes == (
        "kraken: its clock is not known (server: no answer)",
        "kraken: its list of markets, so what is halted, is not known (server: no answer)",
    )


def test_a_failure_is_a_sentence_with_its_market_and_the_others_stay(take):
    found = take(lambda requests: [Failed("deadline", "no\x1b answer", 0.0, 0.1), fetched(requests[1])])
    assert [quote.exchange for quote in found.quotes] == ["kraken"]
    assert found.failures == [r"coinbase BTC/USD: deadline: no\x1b answer"]


def test_books_are_asked_for_where_a_depth_is_wanted_and_kept_with_their_best_prices(take):
    def fetch(requests):
        assert {request.about for request in requests} == {"book"}
        side = (Level(Decimal(1), Decimal(5)),), (Level(Decimal(2), Decimal(7)),)
        full = Book("coinbase", requests[0].pairs[0], *side)
        one_sided = Book("kraken", requests[1].pairs[0], side[0], ())
        return [fetched(requests[0], full), fetched(requests[1], one_sided)]

    found = take(fetch, levels=20)
    (sighting,) = found.seen.sightings
    assert (sighting.quote.bid, sighting.quote.ask_size, len(sighting.book.asks)) == (1, 7, 1)
    assert found.failures == ["kraken BTC/USD: bad_value: one-sided, its book has no asks"]


def test_markets_between_the_moneys_of_others_come_along_where_they_are_wanted(take):
    pairs = ("--pairs", "BTC/USD,BTC/USDT")
    asked = [str(quote.pair) for quote in take(all_fetched, *pairs, between_moneys=True).quotes]
    assert set(asked[:-4]) == {"USDT/USD"}
    assert asked[-4:] == ["BTC/USD", "BTC/USD", "BTC/USDT", "BTC/USDT"]
    assert len(take(all_fetched, *pairs).quotes) == 4


def test_the_markets_of_an_asset_are_asked_for_one_after_the_other(take):
    asked = [str(quote.pair) for quote in take(all_fetched, "--pairs", "BTC/USD,ETH/USD,BTC/USDT").quotes]
    assert asked == ["BTC/USD", "BTC/USD", "BTC/USDT", "BTC/USDT", "ETH/USD", "ETH/USD"]


def test_the_market_stands_still_where_that_is_wanted(take):
    take(all_fetched, "--hold", "3.2s")
    take(all_fetched)
    assert take.begun == [(7, 3.2), (7, None)]


def test_an_exchange_that_says_nothing_of_itself_is_not_asked_for_prices_and_told_once(take):
    asked = []

    def fetch(requests):
        asked.append([(request.exchange, request.about) for request in requests])
        if requests[0].about == "quotes":
            return all_fetched(requests)
        lost = Failed("refused", "nobody is there", 0.0, 0.1)
        return [lost if request.exchange == "kraken" else told(request) for request in requests]

    found = take(fetch, facts=True)
    assert asked[1] == [("coinbase", "quotes")]
    assert (found.failures, found.notes) == (["kraken BTC/USD: refused: nobody is there"], ())


def test_a_snapshot_of_the_mock_says_that_its_prices_are_invented(take):
    assert take(all_fetched).place == {"real": False, "sentence": place_options.MOCK}


@pytest.fixture
def resolver(monkeypatch):
    """What a name leads to, in the resolver's place: a text, an error, or None for one that never says."""
    system, released = socket.getaddrinfo, threading.Event()
    leads = {"api.kraken.com": "8.8.8.8", "api.coinbase.com": "8.8.4.4"}

    def resolve(host, port, *args, **options):
        found = leads.get(host, host)
        if found is None:
            released.wait()
        if not isinstance(found, str):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return system(found, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield leads
    released.set()


def test_a_real_exchange_whose_name_leads_nowhere_is_told_once_and_not_asked(take, resolver):
    resolver.update({"api.kraken.com": None, "api.coinbase.com": OSError()})
    found = take(None, "--real", "--deadline", "1ms", "--pairs", "2")
    assert found.failures == [
        "coinbase: dns: the name api.coinbase.com could not be resolved: Name or service not known",
        "kraken: dns: the name api.kraken.com could not be resolved: nobody said within 1.00 ms",
    ]


def test_while_real_exchanges_are_asked_their_names_lead_where_they_led_at_first(take, resolver):
    def fetch(requests):
        resolver["api.kraken.com"] = "127.0.0.1"
        assert socket.getaddrinfo("api.kraken.com", 443)[0][4][0] == "8.8.8.8"
        return [Failed("reset", "gone", 0.0, 0.1) for _ in requests]

    assert len(take(fetch, "--real").failures) == 2
    assert socket.getaddrinfo("api.kraken.com", 443)[0][4][0] == "127.0.0.1"


def test_real_exchanges_are_asked_at_their_own_origins_within_their_limits(take, resolver):
    asked = []

    def fetch(requests):
        asked.extend(requests)
        if requests[0].about != "quotes":
            return [told(request, {Pair("SOL", "USD")}) for request in requests]
        return [fetched(r, tuple(Quote(r.exchange, p, Decimal(1), Decimal(2)) for p in r.pairs)) for r in requests]

    found = take(fetch, "--real", "-x", "kraken,coinbase", "--pairs", "all", facts=True)
    assert {request.origin for request in asked} == {"https://api.kraken.com", "https://api.coinbase.com"}
    assert sum(request.exchange == "kraken" and request.about == "quotes" for request in asked) == 1
    assert sum(request.exchange == "coinbase" for request in asked) == 5
    assert found.place["real"]
    assert any(note.startswith("coinbase: asked for 3 of") for note in found.notes)
    assert any("not asked for SOL/USD: by its own list not trading" in note for note in found.notes)
    assert Pair("SOL", "USD") not in {quote.pair for quote in found.quotes}
    assert take.begun == []


def test_pairs_that_were_named_are_asked_for_all_of_them_or_refused_before_anybody_is_asked(take):
    pairs = ",".join(str(one.pair) for one in exchanges.load("coinbase").instruments)
    with pytest.raises(UsageError, match="coinbase: 24 markets in one shot would take more than half"):
        take(None, "--real", "-x", "coinbase", "--pairs", pairs)


def broken(requests):
    raise ZeroDivisionError("division by zero")


def leaving(requests):
    raise SystemExit(0)


def test_a_guest_is_probed_before_it_is_let_into_this_process(monkeypatch, tmp_path):
    (tmp_path / "exits.py").write_text("import sys; sys.exit(0)")
    parser = argparse.ArgumentParser()
    snapshot.add_arguments(parser)
    monkeypatch.setattr(strategies, "load", None)
    with pytest.raises(BrokenPlugin, match=r"ended the process at import \(exit 0\)"):
        snapshot.take(parser.parse_args(["-s", f"{tmp_path}/exits.py:x"]))


def test_a_guest_that_exits_at_import_in_this_process_only_is_told(monkeypatch):
    parser = argparse.ArgumentParser()
    snapshot.add_arguments(parser)

    def load(name):
        raise SystemExit(0)

    monkeypatch.setattr(strategies, "load", load)
    with pytest.raises(Stop, match=r"strategy threads ended the program at import: sys\.exit\(0\)"):
        snapshot.take(parser.parse_args(["-s", "threads"]))


def test_an_answer_that_was_read_as_another_market_s_is_no_price(take):
    def swapped(requests):
        quote = Quote("kraken", Pair.parse("BTC/USD"), Decimal(1), Decimal(2))
        return [fetched(request, (quote,)) for request in requests]

    found = take(swapped)
    assert [one.quote.exchange for one in found.seen.sightings] == ["kraken"]
    assert found.failures == ["coinbase BTC/USD: schema: the answer was read as one of kraken BTC/USD"]


@pytest.mark.parametrize("answer", [told, fetched])
@pytest.mark.parametrize("times", [(math.nan, 1.0), (0.0, math.inf), ("soon", 1.0), (None, None)])
def test_times_that_are_none_are_one_sentence_and_no_traceback(take, times, answer):
    def fetch(requests):
        about = [told(r) if r.about in ("time", "instruments") else fetched(r) for r in requests]
        timeless = answer is told or requests[0].about not in ("time", "instruments")
        return [replace(one, started=times[0], ended=times[1]) if timeless else one for one in about]

    with pytest.raises(Stop, match="strategy threads told no times: expected seconds of a clock, found"):
        take(fetch, facts=True)


def test_an_interrupt_that_a_guest_raises_ends_nobody_with_a_traceback(take):
    def fetch(requests):
        raise KeyboardInterrupt

    with pytest.raises(Stop, match="the strategy broke: KeyboardInterrupt"):
        take(fetch)


@pytest.mark.parametrize(
    ("fetch", "said"),
    [
        (broken, "the strategy broke: ZeroDivisionError: division by zero"),
        (leaving, "the strategy broke: SystemExit: 0"),
        (lambda requests: None, "the strategy broke: TypeError"),
        (None, "the strategy broke: TypeError"),
        (lambda requests: [], "strategy threads returned 0 outcomes for 2 requests"),
        (lambda requests: [None, None], "strategy threads returned no quote for coinbase BTC/USD"),
        (lambda requests: [fetched(r, 7) for r in requests], "strategy threads returned no quote for coinbase BTC/USD"),
        (lambda requests: [fetched(r, (7,)) for r in requests], "strategy threads returned no quote for coinbase"),
    ],
)
def test_a_strategy_that_breaks_its_promises_is_one_sentence_and_no_traceback(take, fetch, said):
    with pytest.raises(Stop) as caught:
        take(fetch)
    assert str(caught.value).startswith(said)
    assert caught.value.code == 1
