import argparse

import exchanges
from harness import place_options
from harness.whereabouts import whereabouts_from

NAMES = ["kraken", "binance"]


def found_by(*words):
    parser = argparse.ArgumentParser()
    place_options.add_arguments(parser)
    return whereabouts_from(parser.parse_args(words), NAMES, 1.0)


def test_who_starts_no_mock_learns_which_exchanges_one_would_have_to_play():
    found = found_by("--base-url", "kraken=http://127.0.0.1:1")
    assert (found.played, found.ours, found.real) == (("binance",), {"kraken"}, False)
    assert (found.origins, found.pins) == ({"kraken": "http://127.0.0.1:1"}, {})


def test_with_real_nobody_is_played_and_who_is_not_named_is_asked_at_its_own_address():
    found = found_by("--real", "--base-url", "kraken=http://127.0.0.1:1")
    assert (found.played, found.real, found.own) == ((), True, {"binance": exchanges.load("binance").origin})
    private = found_by("--real", "--allow-private", "--base-url", "kraken=https://10.0.0.1")
    assert (private.ours, private.pins) == (frozenset(), {})


def test_a_name_is_kept_with_the_addresses_that_it_led_to():
    found = found_by("--base-url", "kraken=http://localhost:1")
    assert set(found.pins["localhost"]) <= {"127.0.0.1", "::1"}
    assert found.ours == {"kraken"}
