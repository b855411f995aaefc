"""A second witness: bodies of the documented shape, written by hand, with what each must give.

Each file of ``recorded/`` holds the exchange, the pairs that were asked for, the answer, and either the
quotes, the book, the refusal or the kind of bad reply that must come of it. ``"reads": "book"`` has a refusal or a bad
reply read as a book.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

import exchanges
from exchanges import BadReply, Pair, Quote, Response
from exchanges.book import Book, Level

CASES = sorted((Path(__file__).parent / "recorded").glob("*.json"))
DECIMALS = ("bid", "ask", "last", "bid_size", "ask_size")


def quote_in(case, expected):
    fields = {key: Decimal(value) if key in DECIMALS else value for key, value in expected.items()}
    return Quote(case["exchange"], Pair.parse(fields.pop("pair")), **fields)


def book_in(case, expected):
    sides = ([Level(Decimal(price), Decimal(size)) for price, size in expected[side]] for side in ("bids", "asks"))
    return Book(case["exchange"], Pair.parse(*case["pairs"]), *map(tuple, sides), expected.get("time_us"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_body_of_the_documented_shape_gives_what_is_written_beside_it(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    exchange = exchanges.load(case["exchange"])
    pairs = [Pair.parse(text) for text in case["pairs"]]
    body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"], ensure_ascii=False)
    response = Response(case["status"], body.encode(), case.get("headers", {}))

    def read():
        if "book" in case or case.get("reads") == "book":
            return exchange.book_from(pairs[0], response)
        return exchange.quotes_from(pairs, response)

    if "bad_reply" in case:
        with pytest.raises(BadReply) as caught:
            read()
        assert caught.value.kind == case["bad_reply"]
    elif "book" in case:
        assert read() == book_in(case, case["book"])
    elif "rejected" in case:
        found = read()
        assert {"kind": found.kind, "retry_after": found.retry_after} == case["rejected"]
    else:
        assert read() == tuple(quote_in(case, one) for one in case["quotes"])


def test_every_exchange_has_bodies_on_record():
    exchanges_of = [json.loads(path.read_text(encoding="utf-8"))["exchange"] for path in CASES]
    assert set(exchanges_of) == set(exchanges.GROUP.builtins)
    assert all(exchanges_of.count(name) >= 3 for name in exchanges.GROUP.builtins)
