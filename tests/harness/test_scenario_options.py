"""From options to scenarios: workloads, faults, latencies, lists of them, and who is left out of what."""

import argparse

import pytest

import exchanges
from harness import scenario_options
from harness.exits import UsageError
from harness.scenario import requests_for


@pytest.fixture
def scenarios_of():
    def make(*argv):
        parser = argparse.ArgumentParser()
        scenario_options.add_arguments(parser, parser)
        return scenario_options.scenarios_from(parser.parse_args(argv), 3, 2)

    return make


@pytest.fixture
def scenario_of(scenarios_of):
    def make(*argv):
        (scenario,) = scenarios_of(*argv)
        return scenario

    return make


@pytest.fixture
def unweighed(monkeypatch):
    """Bodies are not rendered to see how large they are, which takes long where thousands are listed."""
    monkeypatch.setattr(scenario_options, "body_sizes", lambda scenario: {})


def refused(scenario_of, *argv):
    with pytest.raises(UsageError) as caught:
        scenario_of(*argv)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_options_quotes_are_fetched_and_nothing_is_disturbed(scenario_of):
    scenario = scenario_of()
    assert (scenario.workload, scenario.levels, scenario.listed) == ("tickers", 0, 0)
    assert (scenario.faults, scenario.tls) == ("", False)


def test_books_are_100_levels_deep_unless_said_otherwise(scenario_of):
    assert scenario_of("--workload", "books").levels == 100
    assert scenario_of("--workload", "books", "--levels", "5").levels == 5


def test_an_exchange_that_gives_no_books_so_deep_is_left_out_and_told(scenario_of, capsys):
    most = {name: exchanges.load(name).most_levels for name in ("binance", "kraken")}
    assert most["binance"] > most["kraken"]
    scenario = scenario_of("-x", "binance,kraken", "--workload", "books", "--levels", str(most["binance"]))
    assert scenario.exchanges == ("binance",)
    said = f"kraken gives books of at most {most['kraken']} levels, {most['binance']} were asked for; it is left out"
    assert said in capsys.readouterr().err


def test_books_that_no_exchange_gives_are_refused(scenario_of):
    said = refused(scenario_of, "-x", "kraken", "--workload", "books", "--levels", "100000")
    assert said.startswith("no chosen exchange can serve --workload books: kraken gives books of at most ")


def test_levels_without_books_are_refused(scenario_of):
    said = refused(scenario_of, "--levels", "5")
    assert said == "--levels is the depth of a book: expected --workload books with it, found tickers"


def test_markets_list_3000_unless_said_otherwise(scenario_of, unweighed):
    assert scenario_of("-x", "binance", "--workload", "markets").listed == 3000
    assert scenario_of("-x", "binance", "--workload", "markets", "--listed", "50").listed == 50
    assert scenario_of("-x", "binance", "--listed", "50").listed == 50


def test_an_exchange_without_a_request_for_all_markets_is_left_out_and_told(scenario_of, unweighed, capsys):
    able = [name for name in ("binance", "coinbase", "kraken") if exchanges.load(name).market_request() is not None]
    scenario = scenario_of("-x", "binance,coinbase,kraken", "--workload", "markets")
    assert list(scenario.exchanges) == able
    assert capsys.readouterr().err.count("has no request that brings all its markets; it is left out") == 3 - len(able)


@pytest.mark.parametrize("workload", ["book", "", "everything"])
def test_an_unknown_workload_is_refused_with_those_there_are(scenario_of, workload):
    assert refused(scenario_of, "--workload", workload).startswith(
        "--workload: expected tickers, books, markets, found"
    )


def test_each_request_of_a_books_scenario_asks_for_that_many_levels(scenario_of):
    scenario = scenario_of("-x", "binance,kraken", "--workload", "books", "--levels", "10", "--requests", "4")
    origins = dict.fromkeys(scenario.exchanges, "http://127.0.0.1:1")
    for request, (name, pairs) in zip(requests_for(scenario, origins), scenario.turns, strict=False):
        exchange = exchanges.load(name)
        assert request.target == exchange.book_request_for(request.pairs[0], 10).target
        assert tuple(map(str, request.pairs)) == pairs


def test_each_request_of_a_markets_scenario_brings_a_whole_exchange_and_all_chosen_pairs_are_read_from_it(
    scenario_of, unweighed
):
    scenario = scenario_of("-x", "binance", "--pairs", "3", "--workload", "markets", "--requests", "4")
    requests = requests_for(scenario, {"binance": "http://127.0.0.1:1"})
    assert {request.target for request in requests} == {exchanges.load("binance").market_request().target}
    assert {len(request.pairs) for request in requests} == {3}
    assert [request.headers[-1][1] for request in requests] == ["0", "1", "2", "3"]


def test_faults_are_kept_as_they_read_back(scenario_of):
    assert scenario_of("--faults", " kraken:429@0.50 , bom ").faults == "kraken:429@0.5,bom"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--faults", "stal-body"], "--faults: unknown fault 'stal-body'; did you mean stall-body?"),
        (["--faults", "krakn:429"], "--faults: this server has no exchange 'krakn'; did you mean kraken?"),
        (["-x", "binance", "--faults", "kraken:429"], "--faults: this server has no exchange 'kraken'"),
        (["--faults", "429@2"], "--faults: expected a probability from 0 to 1"),
        (
            ["--faults", "kraken:tls-expired"],
            "--faults: kraken is to have a certificate that is expired, expected --tls",
        ),
        (["--latency", "20ms;krakn=1ms"], "--latency: a latency is given for 'krakn'"),
        (
            ["--latency", "20ms;kraken=11s"],
            "--latency 11s leaves no request to kraken a chance before the --deadline of 10s",
        ),
    ],
)
def test_faults_and_latencies_that_make_no_sense_are_refused_with_what_to_try(scenario_of, options, said):
    assert refused(scenario_of, *options).startswith(said)


def test_a_bad_certificate_is_fine_where_tls_is_spoken(scenario_of):
    scenario = scenario_of("--faults", "kraken:tls-expired", "--tls")
    assert (scenario.faults, scenario.tls) == ("kraken:tls-expired", True)


def test_each_exchange_can_have_a_latency_of_its_own(scenario_of):
    assert scenario_of("--latency", "20ms;kraken=lognormal:50ms,300ms").latency == "20ms;kraken=lognormal:50ms,300ms"


def test_more_markets_than_the_mock_can_list_are_refused_at_the_door(scenario_of):
    said = refused(scenario_of, "--listed", "20001")
    assert said == "--listed: expected a whole number from 1 to 20,000, found 20001"
    assert refused(scenario_of, "--listed", "0").startswith("--listed: expected a whole number from 1")


def test_bodies_for_which_max_body_has_no_room_are_refused_beforehand(scenario_of):
    said = refused(scenario_of, "-x", "kraken", "--workload", "markets", "--listed", "300", "--max-body", "64KiB")
    assert said.startswith("--max-body: a body of kraken with 300 markets has about ")
    assert said.endswith(" KiB, expected more than that, found 64KiB; or try fewer --listed")
    assert refused(scenario_of, "-x", "kraken", "--max-body", "100").endswith("expected more than that, found 100")
    scenario_of("-x", "kraken", "--workload", "markets", "--listed", "300", "--max-body", "256KiB")


def test_a_scenario_that_is_alone_is_called_quick_and_leaves_the_cores_alone(scenario_of):
    assert (scenario_of("-c", "8").name, scenario_of().affinity) == ("quick", "free")


def test_the_affinity_that_was_asked_for_is_a_condition_of_every_scenario():
    parser = argparse.ArgumentParser()
    scenario_options.add_arguments(parser, parser)
    parser.add_argument("--affinity")
    args = parser.parse_args(["--affinity", "one", "-c", "1,2"])
    assert {scenario.affinity for scenario in scenario_options.scenarios_from(args, 3, 2)} == {"one"}


def test_lists_make_one_scenario_for_each_combination_in_the_order_of_the_lists(scenarios_of):
    tail = "lognormal:20ms,200ms"
    found = scenarios_of("-c", "8,1", "--latency", f"{tail},5ms", "--requests", "16", "--workload", "books,tickers")
    assert [(one.concurrency, one.latency, one.workload) for one in found] == [
        (8, tail, "books"), (8, tail, "tickers"), (8, "5ms", "books"), (8, "5ms", "tickers"),
        (1, tail, "books"), (1, tail, "tickers"), (1, "5ms", "books"), (1, "5ms", "tickers"),
    ]  # fmt: skip
    assert {one.requests for one in found} == {16}
    assert len({one.name for one in found}) == 8


def test_a_scenario_of_a_sweep_is_called_by_what_is_swept_alone(scenarios_of):
    assert [one.name for one in scenarios_of("-c", "1,8")] == ["concurrency=1", "concurrency=8"]
    found = scenarios_of("--latency", "5ms,0.02s", "--workload", "tickers,books", "--requests", "10,100")
    assert found[0].name == "latency=5ms requests=10 workload=tickers"
    assert found[-1].name == "latency=20ms requests=100 workload=books"


def test_what_a_workload_needs_applies_to_its_scenarios_alone(scenarios_of, unweighed):
    found = scenarios_of("-x", "binance", "--workload", "books,markets,tickers", "--levels", "50")
    assert [(one.levels, one.listed) for one in found] == [(50, 0), (0, 3000), (0, 0)]
    found = scenarios_of("-x", "binance", "--workload", "tickers,markets", "--listed", "50")
    assert [one.listed for one in found] == [50, 50]


def test_an_exchange_that_one_workload_lacks_is_in_the_others_with_its_own_latency_and_faults(scenarios_of, capsys):
    most = exchanges.load("binance").most_levels
    books, tickers = scenarios_of(
        "-x", "binance,kraken", "--workload", "books,tickers", "--levels", str(most),
        "--latency", "20ms;kraken=30ms", "--faults", "kraken:429@0.5,bom",
    )  # fmt: skip
    assert (books.exchanges, tickers.exchanges) == (("binance",), ("binance", "kraken"))
    assert (books.latency, tickers.latency) == ("20ms", "20ms;kraken=30ms")
    assert (books.faults, tickers.faults) == ("bom", "kraken:429@0.5,bom")
    said = capsys.readouterr().err
    assert said.count("it is left out of books\n") == said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-c", "8,1,08"], "--concurrency: expected different values, found 8 twice"),
        (["--latency", "20ms,5ms,0.02s"], "--latency: expected different values, found 20ms twice"),
        (["--workload", "books,books"], "--workload: expected different values, found books twice"),
        (["--requests", "10,,40"], "--requests: expected a value on either side of each comma, found nothing beside"),
        (["--latency", "5ms,"], "--latency: expected a latency on either side of each comma, found nothing beside"),
        (["-c", "8,x"], "--concurrency: expected a whole number, found 'x'"),
        (["--workload", "tickers,book"], "--workload: expected tickers, books, markets, found 'book'"),
        (["--workload", "tickers,markets", "--levels", "5"], "--levels is the depth of a book: expected --workload"),
        (["--latency", "5ms,11s"], "--latency 11s leaves no request a chance before the --deadline of 10s"),
        (
            ["-c", "1,2,3,4,5", "--latency", "1ms,2ms,3ms,4ms,5ms"],
            "expected at most 24 scenarios in a run, found 25: 5 of --concurrency and 5 of --latency; try fewer",
        ),
    ],
)
def test_lists_that_make_no_sense_are_refused_with_what_to_try(scenarios_of, options, said):
    assert refused(scenarios_of, *options).startswith(said)


def test_a_pair_that_only_exchanges_without_a_workload_list_is_refused_for_that_workload(scenarios_of):
    most = exchanges.load("binance").most_levels
    said = refused(
        scenarios_of, "-x", "binance,kraken", "--pairs", "BTC/USD", "--workload", "tickers,books", "--levels", str(most)
    )
    assert said == "no exchange that can serve --workload books lists any of the chosen pairs"
