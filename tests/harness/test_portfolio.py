"""Reading a portfolio file (``harness.portfolio``)."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from harness.exits import UsageError
from harness.portfolio import Holding, Lot, Portfolio, read_portfolio

KNOWN = ("binance", "kraken")
LOT = '[[holding.lot]]\namount = "1"\n'
HOLDING = 'currency = "USD"\n[[holding]]\nasset = "BTC"\n'


def read(tmp_path, text):
    path = tmp_path / "p.toml"
    path.write_text(text)
    return read_portfolio(path, KNOWN)


def test_holdings_lots_and_names_are_read_and_every_digit_counts(tmp_path):
    found = read(tmp_path, """
        currency = "eur"
        [[holding]]
        asset = "btc"
        amount = "0.123456789012345678901234567890"
        at = "kraken"
        name = "savings"
        [[holding.lot]]
        amount = "0.1"
        cost = "3000"
        date = 2024-01-31
        [[holding.lot]]
        amount = "0.02"
        cost = "500"
        currency = "usdt"
        [[holding]]
        asset = "USDT"
        amount = "0"
    """)  # fmt: skip
    lots = (
        Lot(Decimal("0.1"), Decimal(3000), "EUR", date(2024, 1, 31)),
        Lot(Decimal("0.02"), Decimal(500), "USDT"),
    )
    savings = Holding("BTC", Decimal("0.123456789012345678901234567890"), "kraken", "savings", lots)
    assert found == Portfolio("EUR", (savings, Holding("USDT", Decimal(0))))
    assert [str(holding) for holding in found.holdings] == ["savings", "USDT"]
    assert str(Holding("BTC", Decimal(1), "kraken")) == "BTC at kraken"
    assert found.codes == ("BTC", "USDT")


def test_an_amount_that_is_left_out_is_the_sum_of_the_lots(tmp_path):
    lots = '[[holding.lot]]\namount = "0.1"\n[[holding.lot]]\namount = "0.20000000000000000000000000003"\n'
    (holding,) = read(tmp_path, HOLDING + lots).holdings
    assert holding.amount == Decimal("0.30000000000000000000000000003")
    assert [lot.cost for lot in holding.lots] == [None, None]


def test_an_amount_may_be_more_than_the_lots_and_not_less(tmp_path):
    lot = '[[holding.lot]]\namount = "0.5"\n'
    for amount in ("0.5", "0.50", "1"):
        assert read(tmp_path, f'{HOLDING}amount = "{amount}"\n{lot}').holdings[0].amount == Decimal(amount)
    with pytest.raises(UsageError, match=r"line 4: holding 1, amount: 0\.4 is less than its lots together, 0\.5"):
        read(tmp_path, f'{HOLDING}amount = "0.4"\n{lot}')


def test_holdings_of_one_asset_are_kept_apart(tmp_path):
    text = HOLDING + 'amount = "1"\n[[holding]]\nasset = "BTC"\namount = "2"\n'
    assert [holding.amount for holding in read(tmp_path, text).holdings] == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'p.toml': no currency: expected text in quotes such as \"USD\""),
        ('currency = "USD"', "no [[holding]]: expected one at least"),
        ('currency = "USD"\nholding = []', "no [[holding]]: expected one at least"),
        ('currency = "US D"\n', "line 1: currency: expected a code such as USD, found 'US D'"),
        ('currency = "USD"\nholdings = 1', "line 2: holdings: unknown key; did you mean holding?"),
        ('currency = "USD"\n[holding]\nasset = "BTC"', "holding: expected tables, each beginning [[holding]]"),
        ('currency = "USD"\n[[holding]]\n', "line 2: holding 1: no asset: expected text in quotes such as \"BTC\""),
        (HOLDING, "line 2: holding 1: no amount"),
        (HOLDING + "amount = 0.5", 'line 4: holding 1, amount: expected text in quotes such as "0.5", found'),
        (HOLDING + "amount = 5", "found the number 5; put it in quotes"),
        (HOLDING + "amount = nan", "found the number nan"),
        (HOLDING + 'amount = "nan"', "expected plain digits such as 1250.5 or 0, found 'nan'"),
        (HOLDING + 'amount = "inf"', "expected plain digits"),
        (HOLDING + 'amount = "-1"', "found '-1'; what is owed is no part of a portfolio"),
        (HOLDING + 'amount = "1,000"', "found '1,000'; write it without commas"),
        (HOLDING + 'amount = "1e5"', "expected plain digits"),
        (HOLDING + 'amount = "١"', "expected plain digits"),
        (HOLDING + 'amount = ""', "expected text such as"),
        (HOLDING + f'amount = "{"9" * 31}"', "; at most 30 on either side of the point"),
        (HOLDING + 'amount = "1"\nat = "krakn"', "line 5: holding 1, at: unknown exchange 'krakn'; did you mean krak"),
        (HOLDING + 'amount = "1"\nat = "vault"', "leave it out for a wallet of your own"),
        (HOLDING + 'amount = "1"\nname = "a\\nb"', "expected at most 40 printable characters"),
        (HOLDING + f'amount = "1"\nname = "{"x" * 41}"', "expected at most 40 printable characters"),
        (HOLDING + 'amount = "1"\nlots = []', "line 5: holding 1, lots: unknown key; did you mean lot?"),
        (HOLDING + LOT + 'price = "2"', "line 6: holding 1, lot 1, price: unknown key"),
        (HOLDING + LOT + 'cost = 2', "line 6: holding 1, lot 1, cost: expected text in quotes"),
        (HOLDING + LOT + 'cost = "-2"', "line 6: holding 1, lot 1, cost: expected plain digits"),
        (HOLDING + LOT + 'currency = "EUR"', "currency: a currency of no cost"),
        (HOLDING + LOT + 'date = "2024-01-31"', "expected a date such as 2026-01-31, without quotes"),
        (
            HOLDING + 'amount = "1"\nname = "a"\n[[holding]]\nasset = "ETH"\namount = "1"\nname = "a"',
            "line 9: holding 2, name: holding 1 is called 'a' as well",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_one_sentence_with_the_place(tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        read_portfolio(Path("p.toml"), KNOWN)
    assert said in str(refused.value)
    assert str(refused.value).isprintable()
