"""What a worker would have left behind, made by hand from the market's real values: no process, no socket.

The scenario: 6 requests to 3 exchanges, 2 in flight, 100 ms each, so three rounds and a bound of 0.3 s.
"""

import copy
import hashlib
import json
from decimal import Decimal

import pytest

import exchanges
from exchanges.book import Book, Level
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness import seals
from harness.age import OUR_CLOCK, Age
from harness.analysis import scenario_result
from harness.arm import Arm
from harness.book_rows import best_of
from harness.breakdown import Parts
from harness.heat import Heat
from harness.measurement import Batch, Measurement
from harness.quote_rows import row_from_quote
from harness.scenario import Scenario
from harness.sighting import Sighting
from harness.usable import Usable
from mock_server.log import COLUMNS
from mock_server.market import Market


@pytest.fixture(scope="package", autouse=True)
def _no_wait_for_the_disk():
    """No power is cut here; that run.json is synced, and before what, is a test of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda fd: None)
        yield


@pytest.fixture(scope="session")
def usable():
    """A price that may be acted on: by ``bid`` and ``ask``, perhaps with ``bid_size`` and ``ask_size``, or by a book's
    ``bids`` and ``asks``, such as "100 x 2, 99 x 5" from the best outward. ``age`` is in microseconds, from and to."""

    def make(exchange, bid=None, ask=None, pair="BTC/USD", bids="", asks="", age=(0, 0), **more):
        sides = [
            tuple(Level(*map(Decimal, level.split(" x "))) for level in side.split(", ")) if side else ()
            for side in (bids, asks)
        ]
        book = Book(exchange, Pair.parse(pair), *sides) if bids else None
        if book is not None:
            quote = best_of(book)
        else:
            sizes = {name: None if size is None else Decimal(size) for name, size in more.items()}
            quote = Quote(exchange, Pair.parse(pair), Decimal(bid), Decimal(ask), **sizes)
        return Usable(Sighting(quote, -age[1], -age[0], book), Age(*age, OUR_CLOCK))

    return make


MARKETS = (("binance", "BTC/USDT"), ("coinbase", "BTC/USD"), ("kraken", "BTC/USD"))


@pytest.fixture
def scenario():
    return Scenario(
        name="quick", markets=MARKETS, requests=6, concurrency=2, latency="100ms", blocks=3, warm=2, seed=7,
        deadline_s=10.0, max_body=4096, baseline="sequential",
    )  # fmt: skip


@pytest.fixture
def record_of(scenario):
    """A batch of an honest arm that lasted ``time_s`` and began at monotonic second 1000."""

    def make(block=0, batch=1, time_s=0.31, held=0.1, accepted=0):
        market = Market(scenario.seed, block, batch)
        outcomes, rows = [], []
        for index in range(scenario.requests):
            name, pair = scenario.markets[index % len(scenario.markets)]
            started = (index // 2) * held + 0.001
            arrived, replied = 1000 + started + 0.001, 1000 + started + 0.001 + held
            # The market's clock starts a little before the batch does; ticks are 10 ms apart.
            priced_at = round(replied - 1000, 2)
            quote = market.quote(exchanges.load(name), Pair.parse(pair), priced_at)
            outcomes.append({
                "started": started, "ended": started + held + 0.002, "status": 200, "size": 90,
                "quotes": [row_from_quote(quote)],
            })  # fmt: skip
            rows.append([index, 0, name, pair, index % 2 + 1, arrived, 0.1, held, priced_at, replied, 200, 90, ""])
        server = {"peak_in_flight": 2, "accepted": accepted, "cpu_s": 0.031, "wall_s": 0.31, "unfinished": 0}
        server["began"] = 1000.0
        return {
            "time_s": time_s, "began": 1000.0, "cpu_s": 0.012, "load": 0.5, "outcomes": outcomes,
            "server": {"batch": server, "columns": list(COLUMNS), "rows": rows},
        }  # fmt: skip

    return make


@pytest.fixture
def sealing(monkeypatch):
    """Stands for the seals of the mock server: what a test calls it with, a job and its batches as the server knows
    them, is what the server says next."""
    kept = []

    class Witness:
        def __init__(self, door):
            assert door.token == "witness"

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def seals(self):
            taken = list(kept)
            kept.clear()
            return taken

    def seal(job, batches):
        for number, batch in enumerate(batches):
            digest = hashlib.sha256(json.dumps(batch["server"]).encode()).hexdigest()
            kept.append({"begin": seals.batch_begin(job.scenario, job.block, number), "sha256": digest})

    monkeypatch.setattr(seals, "Control", Witness)
    return seal


@pytest.fixture
def side(record_of):
    """The side file of an honest worker in block 0: a cold batch that opened two connections, and two warm ones."""
    return copy.deepcopy({
        "import_s": 0.05, "open_s": 0.01, "close_s": 0.002, "declared_in_flight": 2, "reuse": True,
        "peak_rss_bytes": 40_000_000, "threads": 3, "files": 12,
        "batches": [record_of(batch=0, time_s=0.35, accepted=2), record_of(batch=1), record_of(batch=2, time_s=0.33)],
    })  # fmt: skip


@pytest.fixture
def measured():
    """A measurement with the given warm times, in seconds; everything else as asked for or plain. What a batch took
    beyond its bound went into the client's CPU."""

    def make(arm, block, *warm, cold=0.2, breaches=(), problem=None, declared=2, **batch):
        plain = {
            "cpu_s": 0.01, "bound_s": 0.3, "held_bound_s": 0.3, "overshoot_s": 0.0, "reached": 2, "accepted": 0,
            "connections": 2, "server_cpu": 0.1, "skew_s": 0.2, "age_s": 0.15, "load": 0.1, "requests": 6,
            "failures": {}, "latencies": (0.1,) * 6,
        }  # fmt: skip
        plain |= batch
        batches = tuple(
            Batch(time_s=time_s, **{"parts": Parts(plain["bound_s"], client_s=time_s - plain["bound_s"]), **plain})
            for time_s in (cold, *warm)
        )
        return Measurement(
            arm, block, 0, () if problem else batches, problem, tuple(breaches), declared, 0.05, 0.01, 0.002,
            40_000_000, 3, 12,
        )  # fmt: skip

    return make


@pytest.fixture
def run_of(scenario, measured):
    """A run as it is read back from its run.json. ``arms`` maps names to the median of each block in seconds; the first
    has a twin that equals it. Other arguments are fields of the scenario, or facts of the run."""

    def make(name="20260101T000000Z-aaaa", arms=None, breaches=None, card=(), twin_off=1.0, facts=None, **conditions):
        arms = arms or {"fast": (0.5, 0.52, 0.51), "slow": (0.8, 0.83, 0.81), "sequential": (1.0, 1.05, 1.02)}
        first = next(iter(arms))
        raced = Scenario.from_json({**scenario.to_json(), **conditions})
        twin = {f"{first} (twin)": tuple(time_s * twin_off for time_s in arms[first])}
        found = [
            measured(arm, block, time_s, breaches=(breaches or {}).get(arm, ()))
            for arm, times in {**arms, **twin}.items()
            for block, time_s in enumerate(times)
        ]
        entered = (*(Arm(arm, arm) for arm in arms), Arm(f"{first} (twin)", first, first))
        heat = Heat(raced, entered, [], found, finished_blocks=len(arms[first]))
        result, verdict = scenario_result(heat, {}, fast=False, ruler=card)
        plain = {
            "schema": 1, "id": name, "started": "2026-01-01T00:00:00+00:00", "state": "complete", "seed": raced.seed,
            "machine": {"cpu": "AMD EPYC", "cores": 2}, "versions": {"aiohttp": "3.14.5"},
            "verdict": verdict.to_json(), "gates": [], "scenarios": [result],
        }  # fmt: skip
        return json.loads(json.dumps({**plain, **(facts or {})}, allow_nan=False))

    return make


@pytest.fixture(scope="session")
def market_document():
    """Builds market documents by hand: BTC/USD on three exchanges, of which one is stale, and ETH/USD on one that has
    not answered yet; ``name`` and ``pair`` stand for the first of each, so that they can be hostile ones."""

    def document(name="binance", pair="BTC/USD", **changes):
        def one(exchange, of, freshness="fresh", **more):
            return {"exchange": exchange, "pair": of, "freshness": freshness, "bid": "100.10", "ask": "100.300",
                    "last": None, "age_us": 400_000, "error": None, "mids": ["100.2", "100.3", "100.1"],
                    **more}  # fmt: skip

        way = {
            "pair": pair, "buy": "kraken", "sell": name, "sell_pair": pair, "through": None, "ask": "100.0",
            "bid": "100.10", "gross_bps": "10.00", "net_bps": "4.00", "size": "0.5", "profit": "0.02", "money": "USD",
            "age_us": 500_000, "verdict": "trade", "why": ["trade: 4.00 bps after fees"],
        }  # fmt: skip
        band = {"value": "1234.5", "low": "1200", "high": "1269", "cost": None, "profit": None, "profit_percent": None}
        rate = {
            "exchange": name,
            "used": True,
            "age_us": [100_000, 700_000],
            "markets": [{"exchange": name, "pair": pair}],
        }
        state = {"requests": 20, "refreshes": 10, "errors": 1, "p50_s": 0.02, "p95_s": None, "p99_s": None,
                 "last_error": name, "budget_used": 0.25, "resumes_in_s": 12.0, "why": name,
                 "in_flight": 0}  # fmt: skip
        return {
            "schema": 1, "at": "2026-11-30T22:30:01.250Z", "now_us": 90_000_000, "version": 12,
            "source": {"real": False, "sentence": f"prices of {name}"},
            "reading": {"asked": 3, "answered": 2, "late": ["gemini"], "sentence": f"late: {name}",
                        "beat_s": 1.0, "ttl_s": 3.0},
            "markets": [
                one(name, pair), one("kraken", pair, bid="99.9", ask="100.0"),
                one("gemini", pair, "stale", age_us=7_000_000, error="deadline: no answer in 2.0 s"),
                one("kraken", "ETH/USD", "waiting", bid=None, ask=None, age_us=None, mids=[]),
            ],
            "readout": {
                "prices": [{"pair": pair, "bid": "100.10", "bid_exchange": name, "ask": "100.0",
                            "ask_exchange": "kraken", "spread_bps": "-10.00", "exchanges": [name, "kraken"],
                            "age_us": [400_000, 500_000]}],
                "arbitrage": [way], "routes": {"all": 1, "gross": 1, "net": 1, "trade": 1}, "not_compared": [name],
                "left_out": [], "taker_fees": {name: "0.001"},
            },
            "portfolio": {
                "currency": "USD", "total": band, "by_exchange": [], "left_out": [],
                "holdings": [{**band, "holding": name, "asset": "BTC", "amount": "2", "at": None, "rates": [rate]}],
                "unvalued": [{"holding": "1 ABC", "asset": "ABC", "amount": "1", "at": None,
                              "reason": f"no price of {name}"}],
            },
            "engine": {"strategy": name, "in_flight": 3, "refreshes_per_s": 9.96,
                       "exchanges": [{"name": name, **state}]},
            "alerts": {"at_bps": "4", "told": [
                {"at": "2026-11-30T22:29:00.000Z", "sentence": name, "net_bps": "4.00"},
            ]},
            "controls": {"strategies": [name, "threads"], "latency": "20ms", "faults": name},
            **changes,
        }  # fmt: skip

    return document
