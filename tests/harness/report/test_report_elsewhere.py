"""What is told of a race against others' servers: who was asked, and nothing that only our own server could know."""

import pytest

from harness.report.doubts import conditions
from harness.report.entries import RunEntry, ScenarioEntry
from harness.report.glossary import GLOSSARY, method
from harness.report.prices import prices_of
from harness.report.summary import summary_md

ORIGINS = [["binance", "https://api.binance.com"], ["kraken", "http://127.0.0.1:8101"]]
SCOPE = "Measured from this machine against api.binance.com: it says nothing about other places, times or loads."


@pytest.fixture
def elsewhere(runs):
    """A scenario's entry."""
    return {**runs.scenario([runs.arm("threads", 1, 0.2)]), "origins": ORIGINS, "real": True, "latency": "0ms"}


def test_its_conditions_name_who_was_asked_in_place_of_a_delay(elsewhere):
    said = conditions(ScenarioEntry(elsewhere))
    assert "asked of api.binance.com and 127.0.0.1:8101 for kraken" in said
    assert "delay" not in said
    assert "delay" in conditions(ScenarioEntry({**elsewhere, "origins": []}))


@pytest.mark.parametrize("origins", [None, 7, "x", [7], [["binance"]], [["binance", "x", "y"]]])
def test_what_is_no_list_of_servers_is_none(elsewhere, origins):
    entry = ScenarioEntry({**elsewhere, "origins": origins})
    assert (entry.origins, entry.is_logged) == ([], True)


def test_its_method_speaks_of_no_delays_and_no_log():
    ours, theirs = " ".join(method([False])), " ".join(method([False], is_logged=False))
    assert "same local server" in ours
    assert "the server's own log agrees" in ours
    assert "same local server" not in theirs
    assert "There is no log of these servers" in theirs
    assert "within the exchanges' rate limits" in theirs
    assert "{order}" not in theirs


def test_its_verdict_is_in_the_glossary_in_its_place():
    terms = [term for term, _ in GLOSSARY]
    assert terms.index("unexplained") < terms.index("UNVERIFIED") < terms.index("VALID")


def test_its_prices_are_nobodys_invention(elsewhere):
    price = {"pair": "BTC/USD", "bid": "1", "ask": "2", "bid_exchange": "kraken", "ask_exchange": "kraken"}
    readout = {"arm": "threads", "prices": [price]}
    found = prices_of(ScenarioEntry({**elsewhere, "readout": readout}))
    assert found["source"]["real"] is True
    assert found["reading"]["sentence"] == (
        "The prices are those of api.binance.com and 127.0.0.1:8101 for kraken, as they were then."
    )
    ours = prices_of(ScenarioEntry({**elsewhere, "origins": [], "real": False, "readout": readout}))
    assert "invented" in ours["reading"]["sentence"]


def test_what_a_verdict_is_true_of_stands_at_its_end_and_is_not_cut(runs):
    names = ", ".join(f"strategy-{number}" for number in range(60))
    run = RunEntry({**runs.run([]), "verdict": {"state": "UNVERIFIED", "sentence": f"{names}. {SCOPE}"}})
    assert run.sentence.endswith(SCOPE)
    assert SCOPE in summary_md(run, []).replace("\\", "")
