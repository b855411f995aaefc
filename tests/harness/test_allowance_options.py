"""The options that say what prices may be acted on, from the command line to whole numbers."""

import argparse
from decimal import Decimal

import pytest

import exchanges
from harness import allowance_options
from harness.allowance import Allowance
from harness.exits import UsageError


@pytest.fixture(autouse=True)
def _no_configuration_of_ours(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.configuration.folder", lambda: tmp_path)


def parsed(*argv):
    parser = argparse.ArgumentParser()
    allowance_options.add_arguments(parser)
    return parser.parse_args(argv)


def test_without_options_a_thousand_is_spent_and_the_ages_are_the_usual_ones():
    assert allowance_options.allowance_from(parsed()) == Allowance(Decimal(1000))


def test_the_options_are_read_exactly():
    found = allowance_options.allowance_from(
        parsed("--notional", "12,500.50", "--max-age", "1.5s", "--max-skew", "40ms", "--drift", "0.25")
    )
    assert found == Allowance(Decimal("12500.50"), 1_500_000, 40_000, Decimal("0.25"))
    assert {type(found.most_age_us), type(found.most_skew_us)} == {int}


@pytest.mark.parametrize("milliseconds", [9, 18, 1025, 1027, 4350])
def test_a_time_is_the_microseconds_that_were_written_though_a_float_falls_short(milliseconds):
    assert allowance_options.age_from(parsed("--max-age", f"{milliseconds / 100}ms")).most_age_us == milliseconds * 10


@pytest.mark.parametrize(("text", "amount"), [
    ("1,500", "1500"), ("12,345,678.90", "12345678.90"), ("1_500", "1500"), ("0.5", "0.5"),
])  # fmt: skip
def test_commas_and_underscores_between_thousands_are_read_over(text, amount):
    assert allowance_options.allowance_from(parsed("--notional", text)).notional == Decimal(amount)


def test_best_means_what_the_best_prices_are_good_for():
    assert allowance_options.allowance_from(parsed("--notional", "best")).notional is None


@pytest.mark.parametrize(("argv", "said"), [
    (("--notional", "0"), "--notional: expected more than nothing, found 0"),
    (("--notional", "0.00"), "--notional: expected more than nothing, found 0"),
    (("--notional", "1e3"), "--notional: expected an amount such as 1000 or 0.5, found '1e3'"),
    (("--notional", "1,5"), "--notional: expected an amount such as 1000 or 0.5, found '1,5'"),
    (("--notional", "1,00,000"), "--notional: expected an amount such as 1000 or 0.5, found '1,00,000'"),
    (("--notional", "lots"), "--notional: expected an amount such as 1000 or 0.5, found 'lots'"),
    (("--notional", "9" * 30), "--notional: expected an amount such as 1000 or 0.5, found '9999"),
    (("--drift", "nan"), "--drift: expected an amount such as 1000 or 0.5, found 'nan'"),
    (("--max-age", "5"), "--max-age: expected a duration such as 20ms, 1.5s or 500us, found '5'"),
    (("--max-age", "0"), "--max-age: expected more than nothing, found 0"),
    (("--max-skew", ".4us"), "--max-skew: expected more than nothing, found .4us"),
    (("--max-age", "9" * 400 + "h"), "--max-age: expected a smaller number, found '999"),
    (("--max-age", "9" * 305 + "s"), "--max-age: expected a smaller number, found '999"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_the_option_in_front(argv, said):
    with pytest.raises(UsageError) as refused:
        allowance_options.allowance_from(parsed(*argv))
    assert str(refused.value).startswith(said)


def test_fees_are_the_exchanges_own_where_nobody_says_otherwise():
    names = ["binance", "kraken"]
    assert allowance_options.fees_from(parsed(), names) == {name: exchanges.load(name).taker_fee for name in names}


def test_the_option_goes_before_the_configuration_and_that_before_the_exchange(tmp_path):
    (tmp_path / "config.toml").write_text('[taker_fees]\nkraken = "20bp"\nokx = "0.05%"\n')
    found = allowance_options.fees_from(
        parsed("--fee", "kraken=8bp, binance = 0.0005"), ["binance", "kraken", "okx", "bybit"]
    )
    assert found == {
        "kraken": Decimal("0.0008"), "binance": Decimal("0.0005"), "okx": Decimal("0.0005"),
        "bybit": exchanges.load("bybit").taker_fee,
    }  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [
    ("krakn=8bp", "--fee: 'krakn' is none of the exchanges that are asked; did you mean kraken?"),
    ("bybit=8bp", "--fee: 'bybit' is none of the exchanges that are asked; asked are binance, kraken"),
    ("kraken", "--fee kraken: expected a fraction of the notional below 0.1"),
    ("kraken=8", "--fee kraken: expected a fraction of the notional below 0.1"),
    ("kraken=8bp,kraken=9bp", "--fee: kraken is named twice"),
])  # fmt: skip
def test_a_fee_that_is_none_is_refused(text, said):
    with pytest.raises(UsageError) as refused:
        allowance_options.fees_from(parsed("--fee", text), ["binance", "kraken"])
    assert str(refused.value).startswith(said)
