"""What a market document shows, cell by cell, whoever made it and whatever things are called in it."""

import re

import pytest

from harness.report.cell import Cell, changes
from harness.report.entries import ScenarioEntry
from harness.report.market_cells import cells_of, shape_of
from harness.report.prices import prices_of
from harness.report.wording import age_text

HOSTILE = "\u202e</script><img src=x onerror=alert(1)>\x1b[2J\n"


def test_prices_stand_by_row_and_column_without_padding(market_document):
    cells = cells_of(market_document())
    assert (cells["m-0-0-bid"].text, cells["m-0-0-ask"].text) == ("100.10", "100.30")
    assert (cells["m-0-1-bid"].text, cells["m-1-1-bid"].text) == ("99.90", "")
    assert "m-1-0" not in cells


def test_the_best_bid_and_the_best_ask_of_a_pair_are_marked(market_document):
    cells = cells_of(market_document())
    assert {name for name, cell in cells.items() if cell.mood == "best"} == {"m-0-0-bid", "m-0-1-ask"}
    assert (cells["b-0-bid"].text, cells["b-0-bid-at"].text) == ("100.10", "binance")
    assert cells["b-0-gap"] == Cell("−10.00 bps", "crossed")


def test_a_lone_exchange_is_not_the_best_of_anything(market_document):
    document = market_document()
    document["readout"]["prices"][0]["exchanges"] = ["binance"]
    assert not [name for name, cell in cells_of(document).items() if cell.mood == "best"]


def test_a_price_that_is_not_fresh_is_never_marked_as_the_best(market_document):
    document = market_document()
    document["markets"][0]["freshness"] = "stale"
    assert cells_of(document)["m-0-0-bid"].mood == ""


@pytest.mark.parametrize(("freshness", "error", "word", "mood"), [
    ("fresh", None, "", "fresh"), ("stale", None, "stale", "stale"), ("dead", "reset", "dead", "dead"),
    ("waiting", None, "waiting", "waiting"), ("waiting", "refused", "no answer", "failed"),
    ([], None, "waiting", "waiting"),
])  # fmt: skip
def test_every_state_is_a_word_and_not_a_colour_alone(market_document, freshness, error, word, mood):
    document = market_document()
    document["markets"][0] |= {"freshness": freshness, "error": error}
    cells = cells_of(document)
    assert (cells["m-0-0-state"].text, cells["m-0-0"].mood) == (word, mood)


def test_a_price_that_is_left_out_says_so_and_why(market_document):
    document = market_document()
    reason = "binance BTC/USD: halted, the exchange lists it and does not trade it"
    document["readout"]["left_out"] = [{"exchange": "binance", "pair": "BTC/USD", "kind": "halted", "reason": reason}]
    cells = cells_of(document)
    assert (cells["m-0-0"].mood, cells["m-0-0-state"].text, cells["m-0-0-bid"].mood) == ("unused", "unused", "")
    assert cells["n-0"].text == reason
    assert cells["n-1"].text == "gemini BTC/USD: deadline: no answer in 2.0 s"
    assert cells["n-2"].mood == "none"


def test_an_exchange_that_is_down_is_told_once_however_many_prices_it_owes(market_document):
    document = market_document()
    document["markets"] = [{"exchange": "okx", "pair": f"{n}/USD", "error": "refused"} for n in "ABCD"]
    assert cells_of(document)["n-0"].text == "okx A/USD: refused (3 more of this exchange)"


def test_time_that_goes_by_changes_no_cell(market_document):
    early, late = market_document(), market_document(now_us=91_000_000)
    for one in late["markets"]:
        one["age_us"] = None if one["age_us"] is None else one["age_us"] + 1_000_000
    late["readout"]["now_us"] = late["portfolio"]["now_us"] = 90_000_000
    late["readout"]["prices"][0]["age_us"] = [1_400_000, 1_500_000]
    late["engine"]["exchanges"][0]["resumes_in_s"] = 11.0
    assert changes(cells_of(early), cells_of(late)) == []


def test_a_new_price_changes_its_own_cells_and_no_others(market_document):
    later = market_document()
    later["markets"][0] |= {"bid": "100.2", "age_us": 1_000}
    assert changes(cells_of(market_document()), cells_of(later)) == ["m-0-0-bid", "m-0-0-age"]


def test_a_route_is_as_old_as_when_it_was_worked_out(market_document):
    document = market_document()
    assert cells_of(document)["s-0-age"].since_us == 89_500_000
    document["readout"]["now_us"] = 88_000_000
    assert cells_of(document)["s-0-age"].since_us == 87_500_000


def test_a_row_is_sent_without_its_empty_end():
    assert Cell("1.00").row("m-0-0-bid") == ["m-0-0-bid", "1.00"]
    assert Cell().row("m-0-0-bid") == ["m-0-0-bid", ""]
    assert Cell(since_us=7).row("m-0-0-age") == ["m-0-0-age", "", "", "", "", 7]


def test_a_sparkline_goes_from_the_left_to_the_right_with_the_lowest_price_at_the_bottom(market_document):
    assert cells_of(market_document())["m-0-0-spark"].points == "84,10 88,1 92,19"


@pytest.mark.parametrize("mids", [[], ["1"], ["1", "soon"], ["1", "NaN"], ["1", "1e999"], "12", [None, {}]])
def test_what_is_no_row_of_prices_draws_nothing(market_document, mids):
    document = market_document()
    document["markets"][0]["mids"] = mids
    assert cells_of(document)["m-0-0-spark"].points == ""


def test_routes_that_there_are_not_are_rows_out_of_sight(market_document):
    cells = cells_of(market_document())
    assert (cells["s-0"].mood, cells["s-1"].mood) == ("trade", "none")
    assert [cells[f"s-0-{part}"].text for part in ("buy", "sell", "costs", "net", "profit", "verdict", "why")] == [
        "kraken at 100.00", "binance at 100.10", "6.00", "4.00", "0.02 USD on 0.5 BTC", "trade", "4.00 bps after fees",
    ]  # fmt: skip


def test_a_holding_that_nobody_quotes_keeps_its_row_and_says_why(market_document):
    cells = cells_of(market_document())
    assert (cells["f-0-name"].text, cells["f-0-value"].text) == ("ABC", "not valued")
    assert cells["f-0-at"].text == "no price of binance"
    assert (cells["f-1-value"].text, cells["f-1-price"].text) == ("1,234.50", "617.250")
    assert cells["f-age"].since_us == 89_300_000


def test_the_engine_says_when_an_exchange_is_asked_again_and_why(market_document):
    cells = cells_of(market_document())
    assert cells["e-0-again"].since_us == 102_000_000
    # The last error stands beside it, and is not said twice.
    assert (cells["e-0-state"].text, cells["e-0-last"].text, cells["e-0-budget"].text) == ("", "binance", "25 %")
    resting = market_document(engine={"exchanges": [{"resumes_in_s": 2.0, "why": "its limit is spent"}]})
    assert cells_of(resting)["e-0-state"].text == "because its limit is spent"
    assert cells["e-0-bar"].points == "0,5 25,5"
    assert cells["e-0-p95"].text == "–"


def test_ids_are_made_of_our_own_letters_and_texts_hold_no_control_character(market_document):
    cells = cells_of(market_document(HOSTILE, HOSTILE))
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name) for name in cells)
    assert not [cell for cell in cells.values() if re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", f"{cell}")]
    assert cells["b-0-bid-at"].text.startswith(r"\u202e</script>")


def test_the_shape_is_that_of_pairs_exchanges_and_rows_and_not_of_what_is_in_them(market_document):
    shape = shape_of(market_document())
    other = market_document()
    other["markets"][0]["bid"] = "1"
    other["readout"]["arbitrage"] = []
    assert shape_of(other) == shape
    assert len({shape, shape_of(market_document(pair="BTC/EUR")), shape_of(market_document(portfolio=None)),
                shape_of(market_document(engine=None)), shape_of(market_document(controls=None))}) == 5  # fmt: skip


def test_strategies_that_are_found_later_are_a_cell_and_no_other_shape(market_document):
    few, more = (
        market_document(controls={"strategies": names, "latency": "20ms", "faults": ""})
        for names in (["threads"], ["threads", "trio-httpx"])
    )
    assert shape_of(few) == shape_of(more)
    assert changes(cells_of(few), cells_of(more)) == ["c-strategies"]
    assert cells_of(more)["c-strategies"].text.split("\n") == ["threads", "trio-httpx"]


def test_a_typical_answer_takes_as_long_as_the_median_exchange_s(market_document):
    states = [{"name": name, "p50_s": p50} for name, p50 in (("a", 0.02), ("b", None), ("c", 0.04), ("d", 3.0))]
    assert cells_of(market_document(engine={"exchanges": states}))["e-typical"].text == "40.0 ms"
    assert cells_of(market_document(engine={"exchanges": states[1:2]}))["e-typical"].text == "–"


@pytest.mark.parametrize("broken", [None, [], "text", 7, [7], {"exchanges": 7}, [{"exchange": []}]])
@pytest.mark.parametrize(
    "part", ["source", "reading", "markets", "readout", "portfolio", "engine", "alerts", "controls"]
)
def test_a_document_of_the_wrong_kinds_is_drawn_all_the_same(market_document, part, broken):
    assert cells_of(market_document(**{part: broken}))["h-source"] is not None


def test_a_run_s_readout_is_the_same_document_with_stale_prices_marked(runs):
    readout = {
        "arm": "threads", "prices": [{"pair": "BTC/USD", "bid": "1", "ask": "2"}], "arbitrage": [],
        "quotes": [{"exchange": "kraken", "pair": "BTC/USD", "bid": "1", "ask": "2", "age_us": [1000, 28_000]}],
        "left_out": [{"exchange": "kraken", "pair": "BTC/USD", "kind": "stale", "reason": "kraken BTC/USD: stale"}],
    }  # fmt: skip
    document = prices_of(ScenarioEntry(runs.scenario([], readout=readout)))
    cells = cells_of(document)
    assert (cells["m-0-0"].mood, cells["m-0-0-bid"].text) == ("stale", "1.00")
    assert document["markets"][0]["age_us"] == 28_000
    assert prices_of(ScenarioEntry(runs.scenario([], readout={**readout, "prices": []}))) is None


def test_a_run_that_kept_no_quotes_still_shows_the_best_of_each_pair(runs):
    cells = cells_of(prices_of(ScenarioEntry(runs.scenario([]))))
    assert (cells["m-0-0-bid"].text, cells["m-0-0-ask"].text) == ("90885.64", "")
    assert (cells["m-0-1-bid"].text, cells["m-0-1-ask"].text) == ("", "90886.10")


@pytest.mark.parametrize(("age_us", "said"), [
    (-5, "0 ms"), (28_400, "28 ms"), (99_499, "99 ms"), (99_500, "0.1 s"), (9_949_000, "9.9 s"), (9_950_000, "10 s"),
    (99_499_999, "99 s"), (99_500_000, "2 min"), (5_970_000_000, "2 h"),
])  # fmt: skip
def test_an_age_is_as_short_as_it_tells(age_us, said):
    assert age_text(age_us) == said
