"""A race elsewhere: what the options say of it, and when it is refused."""

import argparse
import dataclasses
import re

import pytest

from harness import elsewhere
from harness.arm import Arm
from harness.exits import UsageError
from harness.heat import Heat

NAMES = ("binance", "coinbase", "kraken")
LOOPBACK = [f"{name}=https://127.0.0.1:{8101 + place}" for place, name in enumerate(NAMES)]


def options(*words, exchange="binance,coinbase,kraken", scenario="quick"):
    parser = argparse.ArgumentParser()
    elsewhere.add_arguments(parser)
    return argparse.Namespace(**vars(parser.parse_args(words)), exchange=exchange, scenario=scenario)


def named(*urls):
    return options(*(word for url in urls for word in ("--base-url", url)))


@pytest.fixture
def racing(scenario):
    """Heats of scenarios, each of one arm and its batch plan."""

    def make(*scenarios):
        arms = (Arm("a", "threads"), Arm("a+batch", "threads"))
        return [Heat(one, arms, [], declared={"a": 2, "a+batch": 2}) for one in scenarios or (scenario,)]

    return make


def test_without_a_word_of_it_the_race_is_against_the_mock(scenario):
    args = options()
    elsewhere.heed(args, {"latency", "faults", "tls"})
    assert elsewhere.moved([scenario], args) == ([scenario], None)
    assert elsewhere.where_again([scenario], args) is None


def test_the_real_exchanges_are_asked_at_their_own_hosts_over_tls(scenario):
    (found,), where = elsewhere.moved([scenario], options("--real"))
    assert found.origins == (
        ("binance", "https://api.binance.com"), ("coinbase", "https://api.coinbase.com"),
        ("kraken", "https://api.kraken.com"),
    )  # fmt: skip
    assert (found.real, found.tls, found.latency, found.is_logged) == (True, True, "0ms", False)
    assert (where.real, where.pins) == (True, {})


def test_servers_that_are_named_stand_in_the_exchanges_places_and_have_no_limit(scenario):
    (found,), where = elsewhere.moved([scenario], named(*LOOPBACK))
    assert dict(found.origins) == {name: f"https://127.0.0.1:{8101 + place}" for place, name in enumerate(NAMES)}
    assert (found.real, found.tls, where.real) == (False, True, False)


def test_what_does_not_speak_tls_is_not_called_so(scenario):
    (found,), _ = elsewhere.moved([scenario], named("binance=http://127.0.0.1:8101", *LOOPBACK[1:]))
    assert found.tls is False


def test_only_those_who_are_named_are_asked_where_nobody_says_otherwise():
    args = named("kraken=https://127.0.0.1:8101", "binance=https://127.0.0.1:8102")
    elsewhere.heed(args, {"base_url"})
    assert args.exchange == "kraken,binance"
    for given, from_file in (({"exchange"}, set()), (set(), {"exchange"})):
        args = named("kraken=https://127.0.0.1:8101")
        elsewhere.heed(args, given, from_file)
        assert args.exchange == "binance,coinbase,kraken"


def test_a_race_is_against_the_mock_alone_or_without_it(scenario):
    with pytest.raises(UsageError, match="nothing is said of coinbase, kraken, and a race is against the mock server"):
        elsewhere.moved([scenario], named(LOOPBACK[0]))


@pytest.mark.parametrize("option", ["latency", "motion", "faults", "tls", "listed", "sabotage"])
@pytest.mark.parametrize("words", [("--real",), ("--base-url", LOOPBACK[0])])
def test_what_is_the_mock_servers_is_refused(option, words):
    with pytest.raises(UsageError, match=f"^--{option} is the mock server's, and with --real or --base-url none"):
        elsewhere.heed(options(*words), {option})
    with pytest.raises(UsageError, match=f"^--scenario trading has a --{option}, which is the mock server's"):
        elsewhere.heed(options(*words, scenario="trading"), set(), {option})


@pytest.mark.parametrize("words", [("--allow-private",), ("--ca-file", "/dev/null")])
def test_a_word_about_others_where_nobody_is_asked_is_refused(words):
    with pytest.raises(UsageError, match=words[0]):
        elsewhere.heed(options(*words), set())


def test_too_much_at_once_is_refused_of_the_real_exchanges_alone(scenario, racing):
    many = dataclasses.replace(scenario, requests=60)
    moved, where = elsewhere.moved([many], options("--real"))
    with pytest.raises(
        UsageError, match="one batch of 60 requests would take 20 of the 10 that coinbase grants in 1 s"
    ):
        elsewhere.check(racing(*moved), where)
    moved, where = elsewhere.moved([many], named(*LOOPBACK))
    elsewhere.check(racing(*moved), where)
    elsewhere.check(racing(many), None)


def test_who_would_look_up_a_name_by_itself_does_not_race_against_one_that_was_checked(scenario, racing):
    names = named(*(url.replace("127.0.0.1", "localhost") for url in LOOPBACK))
    moved, where = elsewhere.moved([scenario], names)
    assert set(where.pins) == {"localhost"}
    heats = racing(*moved)
    elsewhere.check(heats, where)
    heats[0].arms = (*heats[0].arms, Arm("p", "processes"))
    with pytest.raises(UsageError, match="localhost was looked up and checked, and processes would look it up again"):
        elsewhere.check(heats, where)


def test_all_scenarios_are_asked_at_one_pace_that_of_their_heaviest_batch(scenario, racing):
    swept = [dataclasses.replace(scenario, name=str(size), requests=size) for size in (3, 9, 6)]
    moved, where = elsewhere.moved(swept, options("--real"))
    servers = elsewhere.servers_of(racing(*moved), where)
    assert list(servers) == ["3", "9", "6"]
    assert len({id(server) for server in servers.values()}) == 1
    assert servers["3"].turnstile.pause_s == pytest.approx(6.0)  # Kraken's three of fifteen in 15 s, at half


def test_a_run_that_goes_on_asks_whom_it_asked(scenario):
    (was,), _ = elsewhere.moved([scenario], named(*LOOPBACK))
    assert elsewhere.where_again([was], options()).origins == dict(was.origins)
    (was,), _ = elsewhere.moved([scenario], options("--real"))
    assert elsewhere.where_again([was], options("--real")).origins == dict(was.origins)


def test_leave_to_ask_others_is_given_for_one_command(scenario):
    (was,), _ = elsewhere.moved([scenario], options("--real"))
    with pytest.raises(UsageError, match="say --real again if you mean it"):
        elsewhere.where_again([was], options())


def test_an_authority_that_was_trusted_has_to_be_named_again(scenario):
    (was,), _ = elsewhere.moved([scenario], named(*LOOPBACK))
    with pytest.raises(UsageError, match="the run trusted a --ca-file, whose place no run keeps: say it again"):
        elsewhere.where_again([was], options(), "python -m harness --base-url ... --ca-file ca.pem")
    assert elsewhere.where_again([was], options(), "python -m harness --base-url ...") is not None


def test_what_a_file_says_of_whom_to_ask_is_judged_like_anybodys_word(scenario):
    for origin, said in (
        ("https://169.254.169.254", "link-local, where clouds keep their secrets"),
        ("https://10.0.0.1", "a private network's"),
        ("file:///etc/passwd", "http and https are understood, nothing else"),
        ("https://a-private-address:8443", "a private address, which no run keeps"),
    ):
        was = dataclasses.replace(scenario, origins=(("binance", origin),), real=True)
        with pytest.raises(UsageError, match=re.escape(said)):
            elsewhere.where_again([was], options("--real"))


@pytest.mark.parametrize("words", [("--real",), ("--ca-file", "x.pem"), ("--allow-private",)])
def test_a_run_against_the_mock_does_not_go_on_elsewhere(scenario, words):
    with pytest.raises(UsageError, match="the run races against the mock server"):
        elsewhere.where_again([scenario], options(*words))


def test_what_has_to_be_said_again_is_known():
    assert elsewhere.words_again(options()) == []
    assert elsewhere.words_again(options("--real", "--allow-private", "--ca-file", "ca.pem")) == [
        "--real", "--allow-private", "--ca-file", "ca.pem",
    ]  # fmt: skip
