import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from mock_server.process import MockFailed


def ask(mock, method, path, headers=None, body=None, host=None):
    """(status, JSON) of one request with exactly the Host header that is given (() for none)."""
    netloc = urlsplit(mock.control).netloc
    connection = http.client.HTTPConnection(netloc, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    for name in (netloc,) if host is None else host:
        connection.putheader("Host", name.replace("PORT", netloc.partition(":")[2]))
    for name, value in (headers or {}).items():
        for each in value if isinstance(value, list) else [value]:
            connection.putheader(name, each)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, json.loads(text) if text.startswith(b"{") else text


def settings(control):
    """What ``begin`` can change, of what ``status`` tells."""
    told = control.status()
    return {name: told[name] for name in ("state", "latency", "motion", "faults")}


def signed(mock):
    return {"X-Fetchrace-Token": mock.token}


@pytest.mark.parametrize("path", ["/begin", "/end", "/seals"])
@pytest.mark.parametrize("headers", [{}, {"X-Fetchrace-Token": "guess"}, {"X-Fetchrace-Token": "\xe4"}])
def test_a_change_without_the_token_is_refused(mock, control, path, headers):
    status, said = ask(mock, "POST", path, headers, b"{}")
    assert status == 403
    assert "X-Fetchrace-Token" in said["error"]
    assert control.status()["state"] == "logging"


@pytest.mark.parametrize("path", ["/begin", "/end", "/seals"])
def test_a_change_is_never_a_get(mock, control, path):
    assert ask(mock, "GET", path, signed(mock))[0] == 405
    assert control.status()["state"] == "logging"


@pytest.mark.parametrize(
    "host",
    [
        ["evil.example"],
        ["localhost.evil.example:PORT"],
        ["127.0.0.1.evil.example:PORT"],
        ["127.0.0.1:1"],
        ["127.0.0.1"],
        ["0.0.0.0:PORT"],
        ["127.0.0.1:PORT", "evil.example"],
        [],
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("POST", "/end"), ("POST", "/seals"), ("GET", "/")])
def test_another_host_s_name_is_refused_on_every_path(mock, control, host, method, path):
    assert ask(mock, method, path, signed(mock), host=host)[0] in (400, 403)
    assert control.status()["state"] == "logging"


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT"])
def test_the_names_of_loopback_are_served(mock, control, host):
    assert ask(mock, "GET", "/status", host=[host])[0] == 200


def test_an_unknown_path_is_404(mock, control):
    assert ask(mock, "GET", "/nope")[0] == 404


def test_end_without_begin_is_a_conflict_and_says_what_is_missing(mock, control):
    control.end()
    with pytest.raises(MockFailed, match="expected /begin before /end"):
        control.end()


def test_begin_without_end_drops_the_first_log(mock, control):
    control.begin(seed=1)
    control.begin(seed=2)
    assert control.end()["rows"] == []
    assert control.status()["state"] == "idle"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "expected JSON"),
        (b"[1]", "expected JSON"),
        (b"[" * 100_000, "expected JSON"),
        (b'{"seed": "7"}', "expected a whole number as seed"),
        (b'{"seed": true}', "expected a whole number as seed"),
        (b'{"draws": 0.5}', "expected a whole number as draws"),
        (b'{"sead": 7}', "did you mean seed?"),
        (b'{"latency": "-1ms"}', "cannot answer early"),
        (b'{"began": "now"}', "expected CLOCK_MONOTONIC seconds"),
        (b'{"began": 1e308}', "expected CLOCK_MONOTONIC seconds within a day"),
        (b'{"began": 1' + b"0" * 400 + b"}", "expected CLOCK_MONOTONIC seconds within a day"),
        (b'{"began": NaN}', "expected CLOCK_MONOTONIC seconds within a day"),
        (b'{"hold": "3.2s"}', "expected seconds from 0 to 86,400"),
        (b'{"hold": -1}', "expected seconds from 0 to 86,400"),
        (b'{"hold": Infinity}', "expected seconds from 0 to 86,400"),
        (b'{"motion": "wave"}', "did you mean waves?"),
        (b'{"motion": 5}', "expected waves, waves:5, still or linear:10bp/s"),
        (b'{"moton": "still"}', "did you mean motion?"),
        (b'{"epoch": "yesterday"}', "expected now, or a time from 2000 to 2099"),
        (b'{"faults": "stall-bodi"}', "did you mean stall-body?"),
        (b'{"faults": "kraken:429@2"}', "probability from 0 to 1"),
        (b'{"faults": "tls-expired"}', "start it with --tls"),
        (b'{"latency": "5ms;krakn=1ms"}', "did you mean kraken?"),
        (b'{"one_at_a_time": "ten"}', "expected a duration"),
        (b'{"refuse": "binance"}', 'such as {"binance": "rate_limited"}'),
        (b'{"refuse": {"binanse": "server"}}', "did you mean binance?"),
        (b'{"refuse": {"binance": "rate_limit"}}', "did you mean rate_limited?"),
    ],
)
def test_a_begin_that_cannot_be_understood_is_a_sentence_and_changes_nothing(mock, control, body, words):
    before = settings(control)
    status, said = ask(mock, "POST", "/begin", signed(mock), body)
    assert status == 400
    assert words in said["error"]
    assert settings(control) == before


def test_a_body_over_a_mebibyte_is_413(mock, control):
    assert ask(mock, "POST", "/begin", signed(mock), b" " * 1_100_000)[0] == 413


def test_latency_is_kept_until_another_is_given(mock, control):
    control.begin(seed=7, latency="3ms")
    control.begin(seed=7)
    assert control.status()["latency"] == "3ms"


def test_faults_are_kept_until_others_are_given_and_null_is_none(mock, control):
    control.begin(seed=7, faults="kraken:429@0.25")
    control.begin(seed=7)
    assert control.status()["faults"] == "kraken:429@0.25"
    assert ask(mock, "POST", "/begin", signed(mock), b'{"faults": null}')[0] == 200
    assert control.status()["faults"] == ""


def test_the_market_s_clock_can_be_another_process_s(mock, control):
    began = time.monotonic() - 1000
    assert ask(mock, "POST", "/begin", signed(mock), json.dumps({"seed": 7, "began": began}).encode())[0] == 200
    origin = urlsplit(mock.origins["kraken"])
    connection = http.client.HTTPConnection(origin.netloc, timeout=10)
    connection.request("GET", "/0/public/Ticker?pair=XBTUSD")
    connection.getresponse().read()
    connection.close()
    ended = control.end()
    (row,) = ended["rows"]
    assert row[ended["columns"].index("priced_at")] >= 1000
    assert ended["batch"]["wall_s"] < 100


@pytest.mark.parametrize(
    ("epoch", "year"),
    [({}, "2026-01-01"), ({"epoch": "2030-05-06T00:00:00Z"}, "2030-05-06"), ({"epoch": None}, "2026-01-01")],
)
def test_the_exchange_s_time_is_a_constant_s_unless_begin_says_otherwise(mock, control, epoch, year):
    assert ask(mock, "POST", "/begin", signed(mock), json.dumps(epoch).encode())[0] == 200
    connection = http.client.HTTPConnection(urlsplit(mock.origins["kraken"]).netloc, timeout=10)
    connection.request("GET", "/0/public/Time")
    told = json.loads(connection.getresponse().read())["result"]["unixtime"]
    connection.close()
    assert time.strftime("%Y-%m-%d", time.gmtime(told)) == year


def test_the_batch_s_counters_are_all_there(mock, control):
    batch = control.end()["batch"]
    assert set(batch) == {
        "peak_in_flight", "accepted", "accepted_by", "cpu_s", "wall_s", "loop_lag_p99_s", "loop_lag_max_s",
        "unfinished", "truncated", "turned_away", "began",
    }  # fmt: skip
    assert batch["began"] <= time.monotonic() <= batch["began"] + 60
    assert batch["cpu_s"] > 0
    assert batch["wall_s"] > 0


@pytest.mark.parametrize(("origin", "status"), [("http://evil.example", 403), ("null", 403), ("", 200)])
def test_a_page_from_elsewhere_is_refused_even_with_the_token(mock, control, origin, status):
    # "": the page that this server serves itself.
    sent = {**signed(mock), "Origin": origin or mock.control}
    assert ask(mock, "POST", "/begin", sent, b'{"seed": 7}')[0] == status


@pytest.mark.parametrize("origins", [("OURS", "http://evil.example"), ("OURS", "OURS", "null"), ("127.0.0.1:PORT",)])
def test_an_origin_of_ours_hides_no_other_and_none_goes_without_its_scheme(mock, control, origins):
    sent = [one.replace("OURS", mock.control).replace("PORT", mock.control.rpartition(":")[2]) for one in origins]
    assert ask(mock, "POST", "/begin", {**signed(mock), "Origin": sent}, b"{}")[0] == 403


def test_the_token_beside_a_guess_is_no_token(mock, control):
    assert ask(mock, "POST", "/end", {"X-Fetchrace-Token": [mock.token, "guess"]})[0] == 403


@pytest.mark.parametrize("mode", ["no-cors", "cors", "websocket"])
def test_what_another_sites_page_embeds_is_refused(mock, control, mode):
    sent = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}
    assert ask(mock, "GET", "/status", sent)[0] == 403


@pytest.mark.parametrize("path", ["/status", "/begin", "/nothing", "/"])
def test_no_answer_of_the_control_port_is_guessed_at_kept_or_embedded(mock, control, path):
    connection = http.client.HTTPConnection(urlsplit(mock.control).netloc, timeout=10)
    connection.request("GET", path)
    headers = connection.getresponse().headers
    connection.close()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_status_names_the_origins(mock, control):
    status = control.status()
    assert status["origins"] == mock.origins
    assert status["in_flight"] == 0
