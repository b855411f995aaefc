"""A second witness: bodies of the documented shape, written by hand, with what each must give.

Each file of ``recorded/`` holds the exchange, the pairs that were asked for, the answer, and either the
quotes, the refusal or the kind of bad reply that must come of it.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

import exchanges
from exchanges import BadReply, Pair, Quote, Response

CASES = sorted((Path(__file__).parent / "recorded").glob("*.json"))
DECIMALS = ("bid", "ask", "last", "bid_size", "ask_size")


def quote_in(case, expected):
    fields = {key: Decimal(value) if key in DECIMALS else value for key, value in expected.items()}
    return Quote(case["exchange"], Pair.parse(fields.pop("pair")), **fields)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_body_of_the_documented_shape_gives_what_is_written_beside_it(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    exchange = exchanges.load(case["exchange"])
    pairs = [Pair.parse(text) for text in case["pairs"]]
    body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"], ensure_ascii=False)
    response = Response(case["status"], body.encode(), case.get("headers", {}))
    if "bad_reply" in case:
        with pytest.raises(BadReply) as caught:
            exchange.quotes_from(pairs, response)
        assert caught.value.kind == case["bad_reply"]
    elif "rejected" in case:
        found = exchange.quotes_from(pairs, response)
        assert {"kind": found.kind, "retry_after": found.retry_after} == case["rejected"]
    else:
        assert exchange.quotes_from(pairs, response) == tuple(quote_in(case, one) for one in case["quotes"])


def test_every_exchange_has_bodies_on_record():
    assert {path.stem.partition("_")[0] for path in CASES} >= {"binance", "coinbase", "kraken"}
