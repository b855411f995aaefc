"""What Binance says to other methods, and to whoever asks for an account without a key."""

import json

import pytest

from exchanges import Request
from exchanges.binance import BINANCE

BTC = BINANCE.instruments[0].pair
KEY = ("x-mbx-apikey", "A" * 64)
TIMED = "timestamp=1767225600000"


@pytest.mark.parametrize(
    ("method", "target", "headers", "status", "code", "words"),
    [
        ("POST", "/api/v3/ticker/24hr?symbol=BTCUSDT", (), 405, -1020, "not supported"),
        ("DELETE", "/api/v3/time", (KEY,), 405, -1020, "not supported"),
        ("GET", "/api/v3/account", (), 401, -2014, "API-key format invalid"),
        ("DELETE", "/api/v3/openOrders", (("x-mbx-apikey", "short"),), 401, -2014, "API-key format invalid"),
        ("POST", "/api/v3/order", (KEY,), 400, -1102, "'timestamp'"),
        ("POST", f"/api/v3/order?{TIMED}", (KEY,), 400, -1102, "'signature'"),
        ("GET", f"/api/v3/account?{TIMED}&signature=00", (KEY,), 401, -2015, "Invalid API-key"),
        ("GET", "/sapi/v1/capital/config/getall", (), 401, -2014, "API-key format invalid"),
        ("GET", "/api/v3/time", (("x-mbx-time-unit", "FORTNIGHT"),), 400, -1194, "time unit"),
    ],
)
def test_what_is_not_public_is_refused_in_json_with_a_code(method, target, headers, status, code, words):
    request = Request("binance", "", target, headers=headers, method=method)
    with pytest.raises(LookupError):
        BINANCE.pairs_from(request)
    refusal = BINANCE.refusal_for("not_found", request)
    said = json.loads(refusal.body)
    assert (refusal.status, said["code"]) == (status, code)
    assert words in said["msg"]
    assert BINANCE.quote_from(BTC, refusal).kind == ("blocked" if status == 401 else "protocol")
    assert BINANCE.entries_in(request) == 0


def test_a_method_that_no_endpoint_takes_costs_nothing_and_a_missing_key_costs_what_a_refusal_costs():
    assert BINANCE.charge_for(Request("binance", "", "/api/v3/time", method="POST")) is None
    assert BINANCE.charge_for(Request("binance", "", "/api/v3/account")).weight == 1
    assert BINANCE.charge_for(Request("binance", "", "/sapi/v1/capital/config/getall")).bucket == "sapi"


def test_an_account_s_path_that_does_not_exist_is_a_page_of_the_router():
    assert BINANCE.refusal_for("not_found", Request("binance", "", "/api/v3/accounts")).status == 404
