"""The written rules of reading, one by one."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.errors import BadReply, Rejected
from exchanges.pair import Pair
from exchanges.reading import (
    Unreadable,
    bid_and_ask,
    decimal,
    entries_by,
    entry_of,
    integer,
    items,
    json_from,
    last_price,
    member,
    optional_decimal,
    plain,
    quotes_in,
    refused_as,
    rows_of,
    step,
    time_text_for,
    time_us_from,
)
from exchanges.wire import Response


def kind_of(read, *arguments):
    with pytest.raises(Unreadable) as caught:
        read(*arguments)
    return caught.value.kind


@pytest.mark.parametrize("text", ["69624.01000000", "0.00000001", "1", "007.50", "9" * 20 + "." + "9" * 20])
def test_a_price_is_read_exactly_as_it_was_sent(text):
    assert str(decimal(text, "the bid")) == str(Decimal(text))


@pytest.mark.parametrize("text", ["0.1", "69624.010", "28208.1", "3"])
def test_a_price_is_the_same_with_and_without_quotation_marks(text):
    number, string = (json_from(Response(200, body.encode())) for body in (f"[{text}]", f'["{text}"]'))
    assert number == string
    assert decimal(number[0], "the bid") == Decimal(text)


NOT_PLAIN = [
    "", " ", " 12 ", "12\n", "1_000", "1,000", "-1", "+1", "1.", ".5", "1e5", "1E999", "0x10", "nan", "NaN", "inf",
    "١٢", "１２", "1.2.3", "9" * 21, "0." + "1" * 21, "1" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_text_that_is_not_plain_decimal_is_a_bad_value(text):
    assert kind_of(decimal, text, "the bid") == "bad_value"


@pytest.mark.parametrize("body", [b"[1e999]", b"[-1]", b"[1E2]", b"[" + b"1" * 5000 + b"]", b"[-0.0]"])
def test_a_number_is_held_to_the_same_rule_as_text(body):
    assert kind_of(decimal, json_from(Response(200, body))[0], "the bid") == "bad_value"


@pytest.mark.parametrize("value", [None, True, False, [], {}, ["1"]], ids=repr)
def test_a_price_of_another_json_type_breaks_the_schema(value):
    assert kind_of(decimal, value, "the bid") == "schema"


@pytest.mark.parametrize("body", [b"[NaN]", b"[Infinity]", b"[-Infinity]"])
def test_numbers_that_json_does_not_have_are_bad_values(body):
    assert kind_of(json_from, Response(200, body)) == "bad_value"


def test_a_key_that_appears_twice_breaks_the_schema():
    assert kind_of(json_from, Response(200, b'{"bid":"1","bid":"2"}')) == "schema"


def test_json_that_is_nested_too_deeply_breaks_the_schema():
    assert kind_of(json_from, Response(200, b"[" * 100_000)) == "schema"


@pytest.mark.parametrize("body", [b"", b"  ", b"<html></html>", b'{"bid":', b"{'a': 1}", b"[01]", b"\xef\xbb\xbf"])
def test_what_is_no_json_is_not_json(body):
    assert kind_of(json_from, Response(200, body)) == "not_json"


def test_what_is_no_json_is_told_with_status_and_content_type():
    with pytest.raises(Unreadable, match=r"found text that is not JSON \(HTTP 200, text/html\)"):
        json_from(Response(200, b"<html>", {"content-type": "text/html"}))
    with pytest.raises(Unreadable, match=r"found an empty body \(HTTP 204, no content type\)"):
        json_from(Response(204, b""))


def test_a_byte_order_mark_is_tolerated():
    assert json_from(Response(200, b'\xef\xbb\xbf{"a":1}')) == {"a": "1"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=bogus", "text/html;charset=latin-1"])
def test_utf_8_json_is_read_whatever_the_content_type_says(content_type):
    assert json_from(Response(200, '{"a":"é"}'.encode(), {"content-type": content_type})) == {"a": "é"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "latin-1"])
def test_another_encoding_than_utf_8_is_a_charset_failure(encoding):
    assert kind_of(json_from, Response(200, '{"a":"é"}'.encode(encoding))) == "charset"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_ascii_in_two_or_four_bytes_a_letter_is_a_charset_failure_though_it_decodes(encoding):
    assert kind_of(json_from, Response(200, '{"a":1}'.encode(encoding))) == "charset"


@pytest.mark.parametrize(
    ("bid", "ask"), [("0", "1"), ("1", "0"), ("0.00000000", "0.00000000"), ("2", "1"), ("-1", "1"), ("", "1")]
)
def test_prices_of_zero_below_it_or_crossed_are_bad_values(bid, ask):
    assert kind_of(bid_and_ask, bid, ask) == "bad_value"


@pytest.mark.parametrize(("bid", "ask"), [("", "1.5"), ("1.5", ""), ("", ""), ("0", ""), ("", "0.00")])
def test_a_side_of_empty_text_is_nobody_and_told_as_zero(bid, ask):
    with pytest.raises(Unreadable, match="expected prices above zero on both sides, found bid") as caught:
        bid_and_ask(bid, ask)
    assert caught.value.kind == "bad_value"


@pytest.mark.parametrize(("bid", "ask"), [(None, "1.5"), ("1.5", None), ([], "1"), (" ", "1"), ("1", "\t")])
def test_a_side_that_is_null_or_blank_is_not_the_same_as_empty(bid, ask):
    assert kind_of(bid_and_ask, bid, ask) == ("bad_value" if " " in (bid, ask) or "\t" in (bid, ask) else "schema")


def test_a_bid_that_equals_the_ask_is_a_quote():
    assert bid_and_ask("1.5", "1.50") == (Decimal("1.5"), Decimal("1.5"))


def test_a_last_price_of_zero_means_that_nothing_was_traded():
    assert last_price("0.00000000", "last") is None
    assert last_price(None, "last") is None
    assert last_price("0.10", "last") == Decimal("0.1")


def test_an_optional_number_may_be_missing_but_not_unreadable():
    assert optional_decimal(None, "size") is None
    assert optional_decimal("0.000", "size") == 0
    assert kind_of(optional_decimal, "", "size") == "bad_value"
    assert kind_of(optional_decimal, False, "size") == "schema"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("5.313E-5", "0.00005313"),
        ("1e-8", "0.00000001"),
        ("1.5e3", "1500"),
        ("2E+2", "200"),
        ("-7e-1", "-0.7"),
        ("0e0", "0"),
        ("12.50", "12.50"),
        ("1e", "1e"),
        ("e5", "e5"),
        ("1e100", "1e100"),
        ("1.e5", "1.e5"),
        ("nan", "nan"),
        ("", ""),
    ],
)
def test_a_bare_number_in_scientific_notation_is_written_out_and_anything_else_left_as_it_is(text, same):
    assert plain(text) == same


@pytest.mark.parametrize("value", [None, True, [], {}, ["1e5"]], ids=repr)
def test_what_is_no_number_is_left_for_the_next_reader_to_judge(value):
    assert plain(value) is value
    assert kind_of(decimal, plain(value), "the bid") == "schema"


@settings(database=None, max_examples=50)
@given(digits=st.integers(0, 10**15), exponent=st.integers(-12, 4))
def test_a_number_written_out_has_the_value_that_it_had(digits, exponent):
    assert Fraction(str(plain(f"{digits}e{exponent}"))) == digits * Fraction(10) ** exponent


@pytest.mark.parametrize(
    ("text", "grid"), [("0.01", "0.01"), ("0.0100", "0.01"), ("1.000", "1"), ("10", "10"), ("1e-8", "0.00000001")]
)
def test_a_grid_is_read_without_the_zeros_that_pad_it(text, grid):
    assert f"{step(text, 'tickSz'):f}" == grid


@pytest.mark.parametrize(
    ("value", "kind"),
    [("0", "bad_value"), ("0.000", "bad_value"), ("-1", "bad_value"), ("-1e-2", "bad_value"), ("", "bad_value"),
     ("1e30", "bad_value"), (None, "schema"), ([], "schema")],
)  # fmt: skip
def test_a_grid_of_nothing_is_none(value, kind):
    assert kind_of(step, value, "tickSz") == kind


def test_entries_are_found_by_the_market_that_each_names():
    entries = entries_by("symbol", [{"symbol": "A", "bid": "1"}, {"symbol": "B", "bid": "2"}])
    assert entry_of("B", entries) == {"symbol": "B", "bid": "2"}
    with pytest.raises(Unreadable, match="expected the market C, found A, B"):
        entry_of("C", entries)
    with pytest.raises(Unreadable, match="expected the market C, found none"):
        entry_of("C", entries_by("symbol", []))


@pytest.mark.parametrize(
    "entries",
    [
        [{"symbol": "A"}, {"symbol": "A"}],
        [{"symbol": "1"}, {"symbol": 1}],
        [{"name": "A"}],
        ["A"],
        [None],
        [["symbol"]],
    ],
)
def test_entries_that_name_a_market_twice_or_none_at_all_break_the_schema(entries):
    assert kind_of(entries_by, "symbol", entries) == "schema"


def test_a_long_list_of_markets_is_told_in_a_few_words():
    entries = entries_by("symbol", [{"symbol": f"MARKET{n}\x1b"} for n in range(500)])
    with pytest.raises(Unreadable) as caught:
        entry_of("C", entries)
    assert len(caught.value.reason) < 120
    assert caught.value.reason.isprintable()


def test_a_level_begins_with_its_price_and_its_size_whatever_else_it_has():
    assert rows_of([["1.5", "2"], ["1.4", "3", "0", "1"]], "bids") == [("1.5", "2"), ("1.4", "3")]
    assert rows_of([], "bids") == []


@pytest.mark.parametrize(
    "side", [None, {}, "1.5", [["1.5"]], [[]], ["15"], [None], [{"price": "1"}], [["1", "2"], "12"]]
)
def test_a_side_of_anything_but_lists_of_two_or_more_breaks_the_schema(side):
    assert kind_of(rows_of, side, "bids") == "schema"


def test_a_member_has_to_be_there_and_in_an_object():
    assert member({"a": None}, "a") is None
    assert kind_of(member, {}, "a") == "schema"
    assert kind_of(member, ["a"], "a") == "schema"
    assert kind_of(member, "a", "a") == "schema"


def test_a_list_has_to_be_one_and_long_enough():
    assert items(["1"], "b", 1) == ["1"]
    assert kind_of(items, [], "b", 1) == "schema"
    # A string has items in Python; taking its first character for a price would be a price made up.
    assert kind_of(items, "12345", "b", 1) == "schema"


@pytest.mark.parametrize("text", ["", "-1", "1.0", "1e3", "9" * 19, "١"])
def test_text_that_is_no_whole_number_is_a_bad_value(text):
    assert kind_of(integer, text, "closeTime") == "bad_value"
    assert kind_of(integer, None, "closeTime") == "schema"


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-04-24T09:56:38.063595Z", 1_713_952_598_063_595),
        ("2024-04-24T09:56:38.06Z", 1_713_952_598_060_000),
        ("2024-04-24T09:56:38.063595999Z", 1_713_952_598_063_595),
    ],
)
def test_a_time_is_read_to_the_microsecond(text, time_us):
    assert time_us_from(text, "time") == time_us


@pytest.mark.parametrize("time_us", [0, 1, 999_999, 1_713_952_598_063_595, 4_102_444_800_000_000])
def test_a_time_survives_being_written(time_us):
    assert time_us_from(time_text_for(time_us), "time") == time_us


NO_TIME = [
    "", "now", "2024-13-01T00:00:00Z", "2024-04-24T09:56:38", "2024-04-24T09:56:38+02:00", "2024-04-24T09:56:60Z",
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2024-04-24T09:56:38,5Z",
    "1713952598",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIME)
def test_text_that_is_no_utc_time_is_a_bad_value(text):
    assert kind_of(time_us_from, text, "time") == "bad_value"
    assert kind_of(time_us_from, None, "time") == "schema"


def test_a_refusal_is_of_the_kind_that_its_words_have_and_unreadable_where_nobody_knows_them():
    response = Response(400, b"")
    assert refused_as("server", "x", "'down'", response, 2.0) == Rejected(
        "server", "x answered HTTP 400 with 'down'", 2.0
    )
    with pytest.raises(Unreadable, match="HTTP 400 refused with 'down', which this adapter does not know"):
        refused_as(None, "x", "'down'", response)


def test_a_refusal_is_looked_for_before_the_quotes():
    refused = Rejected("server", "down")
    found = quotes_in(Response(200, b"{}"), "x", (), lambda _reply, _response: refused, lambda *_: pytest.fail("read"))
    assert found is refused


def test_an_answer_below_200_or_above_299_is_never_read_as_a_quote():
    for status in (0, 199, 400, 404, 499):
        with pytest.raises(BadReply, match=f"HTTP {status} with a body that is no documented refusal"):
            quotes_in(Response(status, b"{}"), "x", (), lambda *_: None, lambda *_: ())


def test_a_bad_reply_of_one_pair_names_it():
    with pytest.raises(BadReply, match=r"^x BTC/USD: ") as caught:
        quotes_in(Response(200, b"<"), "x", (Pair("BTC", "USD"),), lambda *_: None, lambda *_: ())
    assert caught.value.snippet == "<"
