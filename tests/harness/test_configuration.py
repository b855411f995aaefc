"""The user's configuration file (``harness.configuration``)."""

from decimal import Decimal
from pathlib import Path

import pytest

import exchanges
from harness import configuration
from harness.configuration import Configuration, fees_for
from harness.exits import UsageError


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a configuration file; the user's own folder is another one, and empty."""
    monkeypatch.setattr(configuration, "folder", lambda: tmp_path / "own")

    def write(text, name="c.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


def test_the_users_own_folder_is_the_systems_for_configuration(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert configuration.folder() == tmp_path / "fetchrace"


def test_without_a_file_nothing_is_configured(written):
    assert configuration.read(None) == Configuration()


def test_a_file_in_the_users_own_folder_is_found(written):
    written('portfolio = "coins.toml"', "own/config.toml")
    assert configuration.read(None).portfolio.name == "coins.toml"


def test_fees_are_read_as_fractions_per_cent_or_basis_points(written):
    path = written('[taker_fees]\nkraken = "0.0025"\nbinance = "7.5bp"\ncoinbase = "0.6%"\nokx = "0"')
    found = configuration.read(path).taker_fees
    assert found == {
        "kraken": Decimal("0.0025"), "binance": Decimal("0.00075"), "coinbase": Decimal("0.006"), "okx": 0
    }  # fmt: skip


def test_a_fee_of_ones_own_is_in_place_of_the_exchanges_and_the_others_stay(written):
    configured = configuration.read(written('[taker_fees]\nkraken = "0"'))
    assert fees_for(["kraken", "okx"], configured) == {"kraken": 0, "okx": exchanges.load("okx").taker_fee}
    assert fees_for(["okx"], configured) == {"okx": exchanges.load("okx").taker_fee}


def test_a_fee_of_an_exchange_that_nobody_knows_is_told_with_the_nearest_name_and_the_line(written):
    configured = configuration.read(written('[taker_fees]\nkrakn = "0.1%"'))
    with pytest.raises(UsageError, match=r"line 2: taker_fees, krakn: unknown exchange; did you mean kraken\?"):
        fees_for(["kraken"], configured)
    with pytest.raises(UsageError, match="unknown exchange"):
        fees_for([], Configuration({"zzzz": Decimal(0)}))


def test_a_portfolio_lies_beside_the_configuration_or_in_the_home_folder_or_anywhere(written, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    places = {"c.toml": tmp_path / "c.toml", "~/c.toml": Path("/home/me/c.toml"), "/x/c.toml": Path("/x/c.toml")}
    for text, path in places.items():
        assert configuration.read(written(f'portfolio = "{text}"')).portfolio == path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("taker_fee = 1", "line 1: taker_fee: unknown key; did you mean taker_fees?"),
        ('taker_fees = "1"', "line 1: taker_fees: expected a table, written [taker_fees], found the text '1'"),
        ("[taker_fees]\nkraken = 0.0025", "line 2: taker_fees, kraken: expected text in quotes such as"),
        ('[taker_fees]\nkraken = "25"', "expected a fraction of the notional below 0.1 such as"),
        ('[taker_fees]\nkraken = "0.25"', "expected a fraction of the notional below 0.1 such as"),
        ('[taker_fees]\nkraken = "nan"', "found 'nan'"),
        ('[taker_fees]\nkraken = "cheap"', "found 'cheap'"),
        ('[taker_fees]\nkraken = "0"\nkraken = "1"', "line 3, column 13: this key is there already"),
        ("portfolio = 7", "line 1: portfolio: expected text in quotes"),
        ('portfolio = ""', "line 1: portfolio: expected text such as"),
        ('portfolio = "~nobody-of-that-name/x"', "nobody knows that home folder"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_with_the_place(written, text, said):
    with pytest.raises(UsageError) as refused:
        configuration.read(written(text))
    assert said in str(refused.value)


def test_a_file_that_was_named_must_be_there(written, tmp_path):
    with pytest.raises(UsageError, match="no configuration at"):
        configuration.read(str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match="--config: expected a file, found ''"):
        configuration.read("")
