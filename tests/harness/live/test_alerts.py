from decimal import Decimal

import pytest

from harness.live.alerts import Alerts, threshold_from

AT = "2026-11-30T22:30:01.250Z"


def route(net, verdict="trade", buy="kraken"):
    return {
        "pair": "BTC/USD", "buy": buy, "sell": "binance", "sell_pair": "BTC/USDT", "net_bps": f"{Decimal(net):.2f}",
        "net_exact_bps": net, "verdict": verdict,
    }  # fmt: skip


def told(alerts):
    return [one["sentence"] for one in alerts.document()["told"]]


def test_a_route_is_told_when_its_exact_net_reaches_the_threshold():
    alerts = Alerts(Decimal(10))
    alerts.hear([route("9.99999")], AT)
    assert told(alerts) == []
    alerts.hear([route("10.00")], AT)
    assert alerts.document() == {
        "at_bps": "10",
        "told": [
            {"at": AT, "sentence": "buy BTC/USD on kraken, sell BTC/USDT on binance: 10.00 bps net", "net_bps": "10.00"}
        ],
    }


def test_it_is_told_once_for_as_long_as_it_stays_and_again_when_it_comes_back():
    alerts = Alerts(Decimal(10))
    for net in ("11", "12", "9", "13"):
        alerts.hear([route(net)], AT)
    assert [one["net_bps"] for one in alerts.document()["told"]] == ["13.00", "11.00"]


def test_what_cannot_be_traded_is_no_alert():
    alerts = Alerts(Decimal(10))
    alerts.hear([route("900", "unbelievable"), route("11", buy="okx")], AT)
    assert len(told(alerts)) == 1


def test_another_threshold_tells_what_is_above_it_already():
    alerts = Alerts(Decimal(100))
    alerts.hear([route("11")], AT)
    alerts.wait_for(Decimal(5))
    alerts.hear([route("11")], AT)
    assert len(told(alerts)) == 1
    alerts.wait_for(None)
    alerts.hear([route("12")], AT)
    assert (len(told(alerts)), alerts.document()["at_bps"]) == (1, None)


def test_only_the_last_ones_are_kept():
    alerts = Alerts(Decimal(0))
    for number in range(1000):
        alerts.hear([route(str(number), buy=f"x{number}")], AT)
    assert len(told(alerts)) == 20


def test_a_name_with_control_characters_is_told_escaped():
    alerts = Alerts(Decimal(0))
    alerts.hear([route("1", buy="\x1b[2J\n")], AT)
    assert told(alerts) == ["buy BTC/USD on \\x1b[2J\\n, sell BTC/USDT on binance: 1.00 bps net"]


@pytest.mark.parametrize(("text", "bps"), [("10", 10), (" 0.5 ", Decimal("0.5")), ("0", 0), ("", None), (" ", None)])
def test_a_threshold_is_basis_points_or_nothing(text, bps):
    assert threshold_from(text) == bps


@pytest.mark.parametrize("text", ["-1", "x", "NaN", "inf", "1e99", "10%", "9" * 400])
def test_what_is_no_threshold_is_said(text):
    with pytest.raises(ValueError, match="expected basis points"):
        threshold_from(text)
