"""A table is read key by key, and what is wrong is told with its line (``harness.toml_table``)."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exits import UsageError
from harness.toml_table import TomlTable

TEXT = """\
currency = "USD"

[[holding]]
asset = "BTC"
amount = 0.5

[[holding.lot]]
amount = "1"

[[holding]]
asset = ""
date = 2024-01-31
dates = [
  2024-01-31,
  1,
]
[[holding.lot]]
amount = "1"
[[holding.lot]]
amuont = "2"

[fees]
kraken = true
"""


def table(text=TEXT):
    return TomlTable("'p.toml'", text, (), tomllib.loads(text))


def error_of(call, *args):
    with pytest.raises(UsageError) as refused:
        call(*args)
    return str(refused.value)


def test_values_are_read_by_what_they_are_to_be():
    holding = table().tables("holding")[1]
    assert table().text_of("currency", "EUR") == "USD"
    assert holding.date_of("date") == date(2024, 1, 31)
    assert [lot.place for lot in holding.tables("lot")] == [("holding", 1, "lot", 0), ("holding", 1, "lot", 1)]
    assert table().table("fees").values == {"kraken": True}
    assert table().table("none").values == {}
    assert table().tables("none") == []
    assert "fees" in table()
    assert "fee" not in table()


def test_a_date_with_a_time_is_its_day():
    assert table("a = 2024-01-31T10:00:00Z").date_of("a") == date(2024, 1, 31)


def test_what_is_wrong_is_told_with_file_line_and_key():
    first, second = table().tables("holding")
    assert error_of(first.text_of, "amount", "0.5") == (
        "'p.toml', line 5: holding 1, amount: expected text in quotes such as \"0.5\", found the number 0.5; "
        "put it in quotes, so that every digit counts"
    )
    assert 'line 11: holding 2, asset: expected text such as "BTC", found none' in error_of(
        second.text_of, "asset", "BTC"
    )
    assert "line 20: holding 2, lot 2, amuont: unknown key; did you mean amount?" in error_of(
        second.tables("lot")[1].only, "amount", "cost"
    )
    assert "line 19: holding 2, lot 2: no amount: expected text in quotes" in error_of(
        second.tables("lot")[1].text_of, "amount", "1"
    )
    assert 'line 23: fees, kraken: expected text in quotes such as "1", found true' in error_of(
        table().table("fees").text_of, "kraken", "1"
    )
    # What takes several lines is on the last of them.
    assert "line 16: holding 2, dates: expected a date such as 2026-01-31, found an array" in error_of(
        second.date_of, "dates"
    )
    assert "line 4: holding 1, asset: expected a date such as 2026-01-31, without quotes" in error_of(
        first.date_of, "asset"
    )
    assert "line 4: holding 1, asset: expected tables, each beginning [[holding.asset]]" in error_of(
        first.tables, "asset"
    )
    assert "line 1: currency: expected a table, written [currency]" in error_of(table().table, "currency")
    assert error_of(table().text_of, "x", "1").startswith("'p.toml': no x: expected")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("1", "the number 1"), ("-1.5", "the number -1.5"), ("nan", "the number nan"), ("inf", "the number inf"),
        ("1e400", "the number inf"), ("true", "true"), ("[]", "an array"), ("{}", "a table"),
        ("2024-01-31", "the time 2024-01-31"), ("10:00:00", "the time 10:00:00"),
    ],
)  # fmt: skip
def test_what_stands_in_the_place_of_a_text_is_told(value, found):
    assert f'expected text in quotes such as "1", found {found}' in error_of(table(f"a = {value}").text_of, "a", "1")


def test_a_key_that_resembles_none_is_told_with_those_that_there_are():
    assert "line 1: zzz: unknown key; known are a, b" in error_of(table("zzz = 1").only, "a", "b")


def test_a_strange_key_moves_no_cursor():
    assert error_of(table('"\\u001b[2J\\n" = 1').only, "a").isprintable()


@given(
    st.lists(
        st.sampled_from(["", "# x = 1", "[t]", "[[l]]", "  k = 'v'", 'm = """\nx = 1\n"""', "n = [\n 1,\n 2]"]),
        max_size=12,
    ),
    st.data(),
)
def test_the_line_is_where_the_value_is_wherever_that_lies(before, data):
    lines = "\n".join([*before, "[sought]", 'y = "="', "x = 1", *data.draw(st.sampled_from([[], ["z = 2", "[w]"]]))])
    try:
        tomllib.loads(lines)
    except tomllib.TOMLDecodeError:
        return
    number = lines.split("\n").index("[sought]") + 3
    assert f"line {number}: sought, x: " in error_of(table(lines).table("sought").date_of, "x")


def test_a_separator_of_unicode_is_no_new_line():
    assert "line 2: b" in error_of(table("a = 'x\u2028\x85y'\nb = 1").text_of, "b", "1")


def test_in_a_long_file_no_line_is_sought():
    text = "a = 1\n" + "#" * 70_000
    assert error_of(table(text).text_of, "a", "1").startswith("'p.toml': a: expected text")
