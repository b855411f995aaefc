"""Run folders made from plain values: what a finished run of four arms leaves behind, and how to bend it."""

import csv
import json
from types import SimpleNamespace

import pytest

HEADER = (
    "scenario", "arm", "block", "batch", "index", "exchange", "pair", "started", "ended", "arrived", "asked", "held",
    "priced_at", "replied", "status", "kind", "bytes", "connection",
)  # fmt: skip
BLOCKS = 5


def arm(name, rank, time_s, **changes):
    speedup = 0.9 / time_s
    return {
        "name": name, "status": "ranked", "reason": None, "rank": rank, "tied_with": [], "tied_within": None,
        "blocks": BLOCKS, "time_s": time_s, "low_s": time_s * 0.97, "high_s": time_s * 1.03, "speedup": speedup,
        "speedup_low": speedup * 0.96, "speedup_high": speedup * 1.04, "p_adjusted": 0.0004,
        "smallest_detectable": 0.03,
        "efficiency": 0.04 / time_s, "held_bound_s": 0.041, "import_s": 0.1, "open_s": 0.01, "cold_s": time_s * 1.5,
        "one_shot_s": time_s * 1.5 + 0.01, "cpu_s_per_request": time_s / 200, "cpu_share": 0.3,
        "peak_rss_bytes": 40_000_000, "latency_s": {"p50": 0.021, "p90": 0.023, "p99": 0.03}, "requests": 160,
        "failed": 0, "failures": {}, "declared_in_flight": 4, "reached_in_flight": 4, "connections": 4, "reuse": 1.0,
        "outliers": 0, "values": 15, "measurements": [],
        "block_medians_s": {str(block): time_s * (1 + 0.01 * (block - 2)) for block in range(BLOCKS)},
        "parts_s": parts(time_s, bound_s=0.04, client_s=0.006, unexplained_s=time_s - 0.046),
        "cold_parts_s": parts(time_s * 1.5, bound_s=0.04, connecting_s=0.005, unexplained_s=time_s * 1.5 - 0.045),
        "limited_by": "its own CPU", "spread": {"between": 0.011, "within": 0.02}, **changes,
    }  # fmt: skip


def parts(time_s, **told):
    names = ("bound", "queueing", "overshoot", "connecting", "client", "decode", "unexplained")
    return {**{f"{name}_s": 0.0 for name in names}, **told, "time_s": time_s}


def point(x, scenario_name, fast, **changes):
    return {
        "x": x, "label": str(x), "scenario": scenario_name, "provisional": False, "bound_s": 0.04,
        "time_s": 0.8 / fast, "low_s": 0.78 / fast, "high_s": 0.82 / fast, "speedup": fast,
        "speedup_low": fast * 0.96, "speedup_high": fast * 1.04, "efficiency": fast / 20,
        "efficiency_low": fast / 21, "efficiency_high": fast / 19, "cpu_s_per_request": 0.0004, **changes,
    }  # fmt: skip


def curve(arms, axis="concurrency", **changes):
    """``arms`` has each one's points by name."""
    rows = [
        {"name": name, "points": points, "enough": None, "enough_within": None, "growth": None}
        for name, points in arms.items()
    ]
    return {
        "axis": axis, "unit": "", "fixed": {"latency": "20ms"}, "held": [], "baseline": "sequential", "arms": rows,
        "left_out": [], **changes,
    }  # fmt: skip


def scenario(arms, **changes):
    return {
        "name": "quick", "markets": [["binance", "BTC/USDT"], ["kraken", "BTC/USD"]], "requests": 8, "concurrency": 4,
        "latency": "20ms", "blocks": BLOCKS, "warm": 3, "seed": 7, "baseline": "sequential", "workload": "tickers",
        "bound_s": 0.04, "verdict": {"state": "VALID", "reasons": []},
        "twin": {"of": "asyncio-aiohttp", "ratio": 1.003, "low": 0.99, "high": 1.02, "blocks": 5},
        "finished_blocks": BLOCKS, "order": [[row["name"] for row in arms]] * BLOCKS,
        "fastest": arms[0]["name"] if arms else None,
        "pairings": [
            {"first": "threads", "second": "sequential", "ratio": 0.08, "low": 0.07, "high": 0.09, "p": 1e-9,
             "p_adjusted": 1e-8, "smallest_detectable": 0.02, "faster": "threads"},
            {"first": "threads", "second": "trio-httpx", "ratio": 1.01, "low": None, "high": None, "p": None,
             "p_adjusted": None, "smallest_detectable": None, "faster": None},
        ],
        "readout": {
            "arm": "asyncio-aiohttp",
            "quotes": [],
            "prices": [{"pair": "BTC/USD", "bid": "90885.64000000", "bid_exchange": "kraken", "ask": "90886.10",
                        "ask_exchange": "coinbase", "spread_bps": "0.05", "exchanges": ["coinbase", "kraken"]}],
            "arbitrage": [{"pair": "BTC/USD", "buy": "coinbase", "sell": "kraken", "ask": "90000", "bid": "90010.5",
                           "gross_bps": "1.17", "fee_bps": "100.00", "net_bps": "-98.83", "size": None,
                           "verdict": "fees eat it", "reason": "fees eat it: 1.17 bps before fees"}],
            "taker_fees": {"coinbase": "0.006", "kraken": "0.004"},
        },
        "spoilt": [], "surroundings": {str(n): {"span_s": 9.0, "foreign": 0.02, "stolen": 0.0} for n in range(BLOCKS)},
        "drift": {"per_block": 0.01, "over_session": 0.04, "low": 0.03, "high": 0.05, "p": 0.2, "blocks": BLOCKS},
        "stopwatch": {"cost_s": 4.1e-7, "share": 8.5e-6}, "strategies": arms, **changes,
    }  # fmt: skip


def run(scenarios, **changes):
    return {
        "schema": 1, "id": "20261122T120000Z-0abc", "started": "2026-11-22T12:00:00+00:00",
        "finished": "2026-11-22T12:00:50+00:00", "state": "complete", "seed": 7,
        "command": "python -m harness --strategy all",
        "machine": {"system": "Linux", "kernel": "6.1", "architecture": "x86_64", "cpu": "A processor", "cores": 2,
                    "affinity": [0, 1], "memory_bytes": 8 * 2**30, "python": "3.11.7", "implementation": "CPython",
                    "gil": True, "load_at_start": 0.1},
        "versions": {"aiohttp": "3.14.5"},
        "verdict": {"state": "VALID", "reasons": [], "sentence": "asyncio-aiohttp fetched 8 prices in 50 ms."},
        "scenarios": scenarios, **changes,
    }  # fmt: skip


def request_rows(names, scenario_name="quick", blocks=2, batches=2):
    """Two rounds of four in flight; ``sequential`` one after the other."""
    for name in names:
        for block in range(blocks):
            for batch in range(batches):
                for index in range(8):
                    turn = index if name == "sequential" else index // 4
                    started = turn * 0.025 + 0.0001 * index
                    arrived = started + 0.001
                    yield (
                        scenario_name, name, block, batch, index, "binance", "BTC/USDT", started, started + 0.0235,
                        arrived, 0.02, 0.0205, 0.02, arrived + 0.0205, 200, "", 512, index % 4,
                    )  # fmt: skip


def write(folder, content, rows=()):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    if rows is not None:
        with (folder / "requests.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADER, *rows])
    return folder


def four_arms():
    return [
        arm("asyncio-aiohttp", 1, 0.050),
        arm("threads", 2, 0.070, status="tied", tied_with=["trio-httpx"], tied_within=0.03),
        arm("trio-httpx", 2, 0.072, status="tied", tied_with=["threads"], tied_within=0.03),
        arm("sequential", 4, 0.900, speedup=1.0, speedup_low=1.0, speedup_high=1.0, p_adjusted=None),
    ]


@pytest.fixture(scope="session")
def runs():
    """The builders above, as a namespace: test modules cannot import their conftest."""
    return SimpleNamespace(
        arm=arm,
        scenario=scenario,
        run=run,
        request_rows=request_rows,
        write=write,
        four_arms=four_arms,
        header=HEADER,
        parts=parts,
        point=point,
        curve=curve,
    )


@pytest.fixture(scope="session")
def good_run(tmp_path_factory, runs):
    """A valid run of four arms, drawn once for all who only look at it."""
    from harness.report import draw

    arms = four_arms()
    folder = tmp_path_factory.mktemp("good") / "20261122T120000Z-0abc"
    write(folder, run([scenario(arms)]), request_rows([row["name"] for row in arms]))
    draw(folder)
    return folder
