"""Each promise broken alone, in a batch that is honest otherwise: the record must name that promise."""

from dataclasses import replace

import pytest

from harness import fairness
from harness.fairness import log_rows
from harness.plan import for_plan
from harness.planned_faults import PlannedFaults
from mock_server.log import COLUMNS, GONE


@pytest.fixture
def breaches(scenario):
    def judge(record, declared=2, held_bound_s=0.3, block=0, number=1):
        log = log_rows(record["server"])
        return fairness.breaches(record, log, scenario, block, number, declared, [0.1] * 6, held_bound_s)

    return judge


def cell(record, index, column):
    """Set one cell of the server's log."""

    def put(value):
        record["server"]["rows"][index][COLUMNS.index(column)] = value

    return put


def test_an_honest_batch_breaks_nothing(record_of, breaches):
    assert breaches(record_of()) == []


def test_each_batch_is_held_to_its_own_market(record_of, breaches):
    assert breaches(record_of(block=2, batch=5), block=2, number=5) == []
    (only,) = breaches(record_of(block=2, batch=5), block=2, number=4)
    assert "of 6 prices are not what the server sent" in only


def test_an_outcome_too_few_is_a_breach(record_of, breaches):
    record = record_of()
    record["outcomes"].pop()
    assert breaches(record) == ["returned 5 outcomes for 6 requests"]


def test_an_outcome_too_many_is_a_breach(record_of, breaches):
    record = record_of()
    record["outcomes"].append(record["outcomes"][0])
    assert breaches(record) == ["returned 7 outcomes for 6 requests"]


def test_no_outcomes_at_all_are_a_breach(record_of, breaches):
    record = record_of()
    record["outcomes"] = []
    assert breaches(record) == ["returned 0 outcomes for 6 requests"]


def test_values_without_any_request_are_a_breach(record_of, breaches):
    record = record_of()
    record["server"]["rows"] = []
    assert breaches(record, held_bound_s=0.0) == ["the server saw 0 of 6 requests"]


def test_a_request_that_was_never_sent_is_a_breach(record_of, breaches):
    record = record_of()
    del record["server"]["rows"][3]
    assert breaches(record) == ["the server saw 5 of 6 requests"]


def test_a_request_sent_twice_is_a_breach(record_of, breaches):
    record = record_of()
    record["server"]["rows"].append(record["server"]["rows"][0])
    assert breaches(record) == ["the server saw 7 requests where 6 were asked for"]


@pytest.mark.parametrize("stranger", [None, 6, 10**9])
def test_a_request_outside_the_plan_is_a_breach(record_of, breaches, stranger):
    record = record_of()
    record["server"]["rows"].append([stranger, *record["server"]["rows"][0][1:]])
    assert breaches(record) == ["the server saw 7 requests where 6 were asked for"]


def test_one_request_sent_in_another_ones_name_is_a_breach(record_of, breaches):
    record = record_of()
    cell(record, 1, "index")(0)
    assert "the server saw 5 of 6 requests" in breaches(record)


def test_asking_for_another_market_than_the_plan_is_a_breach(record_of, breaches):
    record = record_of()
    cell(record, 1, "pair")("ETH/USD")
    assert breaches(record) == ["asked for coinbase ETH/USD where the plan has coinbase BTC/USD"]


def test_more_in_flight_than_declared_is_a_breach(record_of, breaches):
    record = record_of()
    assert breaches(record, declared=1) == ["had 2 requests in flight, 1 allowed"]


def test_declaring_more_than_the_scenario_allows_is_no_way_around_its_concurrency(record_of, breaches):
    record = record_of()
    record["server"]["batch"]["peak_in_flight"] = 3
    assert breaches(record, declared=100) == ["had 3 requests in flight, 2 allowed"]


def test_fewer_in_flight_than_declared_are_no_breach(record_of, breaches):
    record = record_of()
    record["server"]["batch"]["peak_in_flight"] = 1
    assert breaches(record) == []


def test_a_failed_request_is_a_breach_that_counts_kinds_and_shows_the_first(record_of, breaches):
    record = record_of()
    for index, kind in ((0, "deadline"), (1, "reset"), (4, "deadline")):
        record["outcomes"][index] = {"started": 0.0, "ended": 0.1, "status": None, "kind": kind, "detail": f"no {kind}"}
    assert breaches(record) == [
        "3 of 6 requests failed (2 deadline, 1 reset) where none should; the first: no deadline"
    ]


@pytest.mark.parametrize(("place", "field"), [(2, "bid"), (3, "ask")])
def test_a_price_with_its_last_digit_dropped_is_a_breach(record_of, breaches, place, field):
    record = record_of()
    row = record["outcomes"][0]["quotes"][0]
    sent = row[place]
    row[place] = cut = sent.rstrip("0")[:-1]
    (only,) = breaches(record)
    assert only.startswith("1 of 6 prices are not what the server sent; the first: binance BTC/USDT: ")
    assert only.endswith(f"{field} {cut.rstrip('.')} in hand, {sent} sent")


def test_trailing_zeros_are_no_difference(record_of, breaches):
    record = record_of()
    row = record["outcomes"][0]["quotes"][0]
    row[2] += "00"
    assert breaches(record) == []


def test_a_field_left_out_is_a_breach(record_of, breaches):
    record = record_of()
    row = record["outcomes"][2]["quotes"][0]
    assert row[4] is not None
    row[4] = None
    (only,) = breaches(record)
    assert "kraken BTC/USD: last None in hand" in only


def test_another_pairs_price_is_a_breach(record_of, breaches):
    record = record_of()
    record["outcomes"][0]["quotes"] = record["outcomes"][1]["quotes"]
    (only,) = breaches(record)
    assert "exchange coinbase in hand, binance sent" in only


def test_a_cached_price_of_an_earlier_tick_is_a_breach(record_of, breaches):
    record, earlier = record_of(), record_of(held=0.05)
    record["outcomes"][5]["quotes"] = earlier["outcomes"][0]["quotes"]
    (only,) = breaches(record)
    assert only.startswith("1 of 6 prices")


def test_a_price_in_hand_where_the_client_hung_up_before_the_answer_is_a_breach(record_of, breaches):
    record = record_of()
    cell(record, 0, "priced_at")(None)
    cell(record, 0, "status")(GONE)
    (only,) = breaches(record)
    assert only.endswith("binance BTC/USDT: a price in hand, none sent")


def test_a_failure_where_nothing_was_priced_is_counted_as_a_failure_only(record_of, breaches):
    record = record_of()
    cell(record, 0, "priced_at")(None)
    record["outcomes"][0] = {"started": 0.0, "ended": 0.1, "status": 429, "kind": "rate_limited", "detail": "slow down"}
    assert breaches(record) == ["1 of 6 requests failed (1 rate_limited) where none should; the first: slow down"]


GARBAGE = [
    None,
    [],
    [None],
    [["binance", "BTC/USDT"]],
    [["binance", "nothing", "1", "2", None, None, None, None]],
    [["binance", "BTC/USDT", None, None, None, None, None, None]],
    [["binance", "BTC/USDT", "a", "b", None, None, None, None]],
    [["binance", "BTC/USDT", "NaN", "NaN", None, None, None, None]],
    [["binance", "BTC/USDT", "sNaN", "sNaN", None, None, None, None]],
    [["binance", "BTC/USDT", {"x": 1}, [2], None, None, None, None]],
    [[["binance"], "BTC/USDT", "1", "2", None, None, None, None]],
]


@pytest.mark.parametrize("quotes", GARBAGE)
def test_garbage_in_place_of_a_quote_is_a_breach_and_no_crash(record_of, breaches, quotes):
    record = record_of()
    record["outcomes"][0]["quotes"] = quotes
    (only,) = breaches(record)
    assert only.startswith("1 of 6 prices are not what the server sent")
    assert len(only) < 300


def test_two_quotes_in_one_answer_are_a_breach(record_of, breaches):
    record = record_of()
    record["outcomes"][0]["quotes"] *= 2
    (only,) = breaches(record)
    assert only.endswith("2 quotes in hand, 1 sent")


def test_what_a_plugin_put_into_a_price_cannot_move_the_cursor(record_of, breaches):
    record = record_of()
    record["outcomes"][0]["quotes"] = [["\x1b[2J\nevil"] * 8]
    (only,) = breaches(record)
    assert only.isprintable()


def test_a_time_below_what_the_held_delays_allow_is_a_breach(record_of, breaches):
    record = record_of()
    (only,) = breaches(record, held_bound_s=0.4)
    assert only == "claims 310 ms, but the delays that the server held allow no less than 400 ms"


def test_a_time_of_zero_is_a_breach(record_of, breaches):
    assert any("allow no less than 300 ms" in breach for breach in breaches(record_of(time_s=0.0)))


def test_a_time_equal_to_the_bound_is_possible(record_of, breaches):
    assert breaches(record_of(), held_bound_s=0.31) == []


@pytest.mark.parametrize(
    ("started", "ended"), [(-0.1, 0.1), (0.2, 0.1), (0.1, 99.0), (float("nan"), 0.1), (0.1, float("inf"))]
)
def test_a_request_outside_its_batch_is_a_breach(record_of, breaches, started, ended):
    record = record_of()
    record["outcomes"][3].update(started=started, ended=ended)
    (only,) = breaches(record)
    assert only.startswith("reports a request from ")
    assert only.endswith("in a batch of 310 ms")


def test_several_breaches_are_all_told_with_the_count_of_outcomes_first(record_of, breaches):
    record = record_of()
    record["outcomes"].pop()
    del record["server"]["rows"][5]
    found = breaches(record, declared=1, held_bound_s=1.0)
    assert [breach.split()[0] for breach in found] == ["returned", "the", "had", "claims"]


@pytest.mark.parametrize(
    ("batches", "broken"),
    [
        ([], False),
        ([(0, 6), (0, 6)], False),
        ([(3, 6), (3, 6)], False),  # exactly one half is re-use enough
        ([(4, 6), (3, 6)], True),
        ([(6, 6), (6, 6)], True),
        ([(12, 6)], True),
    ],
)
def test_reuse_below_one_half_over_all_warm_batches_is_a_breach(batches, broken):
    found = fairness.reuse_breach(batches)
    assert bool(found) is broken
    if broken:
        opened, requests = sum(a for a, _ in batches), sum(r for _, r in batches)
        assert found == [f"opened {opened} new connections for {requests} warm requests without declaring reuse=False"]


def test_a_log_row_of_another_width_than_its_columns_is_refused():
    with pytest.raises(ValueError, match="zip"):
        log_rows({"columns": ["a", "b"], "rows": [[1]]})


def test_a_request_that_picks_another_draw_is_a_breach(record_of, breaches):
    record = record_of()
    cell(record, 2, "attempt")(17)
    assert breaches(record) == ["asked for request 2 as attempt 17, where nothing is to be repeated"]


def test_a_delay_that_is_not_the_plans_is_a_breach(record_of, breaches):
    record = record_of()
    cell(record, 2, "asked")(0.001)
    assert breaches(record) == ["request 2 was held for a delay of 1.00 ms, the plan has 100 ms"]


def test_a_request_that_claims_to_start_after_the_server_had_it_is_a_breach(record_of, breaches):
    record = record_of()
    record["outcomes"][4]["started"] = record["outcomes"][4]["ended"]
    (only,) = breaches(record)
    assert "reports request 4" in only
    assert "while the server had it from" in only


def test_a_request_that_claims_to_end_before_the_reply_left_is_a_breach(record_of, breaches):
    record = record_of()
    record["outcomes"][0]["ended"] = record["outcomes"][0]["started"]
    (only,) = breaches(record)
    assert "reports request 0" in only


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("BTC/USD,ETH/USD", []), ("*", []), ("BTC/USD,ETH/USD,SOL/USD", []),
        ("BTC/USD", ["asked for kraken BTC/USD where the plan has kraken BTC/USD,ETH/USD"]),
        ("BTC/USD,SOL/USD", ["asked for kraken BTC/USD,SOL/USD where the plan has kraken BTC/USD,ETH/USD"]),
    ],
)  # fmt: skip
def test_a_batch_asks_for_all_that_the_plan_has_and_perhaps_for_everything(scenario, label, said):
    markets = (("kraken", "BTC/USD"), ("kraken", "ETH/USD"))
    batched = for_plan(replace(scenario, markets=markets, requests=2), "batch")
    log = [{"index": 0, "exchange": "kraken", "pair": label}]
    assert fairness._seen_once(log, batched, PlannedFaults(batched)) == said


def test_what_an_arm_says_of_itself_stands_beside_a_breach_and_excuses_none(record_of, breaches):
    record = record_of()
    record["notes"] = ["the dask worker tcp://a:1 was lost"]
    assert breaches(record) == []
    record["server"]["rows"].append(record["server"]["rows"][0])
    (twice, *_) = breaches(record)
    assert twice == "the server saw 7 requests where 6 were asked for (the dask worker tcp://a:1 was lost)"
