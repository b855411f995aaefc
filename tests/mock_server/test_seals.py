"""What the control port was told and what it handed out, for the holder of the witness."""

import hashlib
import http.client
import json
from urllib.parse import urlsplit

import pytest

from mock_server.seals import Seals


def digest(body):
    return hashlib.sha256(body).hexdigest()


def post(mock, path, secret, body="{}"):
    connection = http.client.HTTPConnection(urlsplit(mock.control).netloc, timeout=10)
    connection.request("POST", path, body, {"X-Fetchrace-Token": secret})
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, text


@pytest.fixture
def seals():
    return Seals(most=3)


def test_a_batch_has_the_seal_of_its_begin_and_of_its_log(seals):
    seals.begin({"seed": 7})
    seals.end(b"the log")
    assert seals.take() == [{"begin": {"seed": 7}, "sha256": digest(b"the log")}]


def test_seals_are_given_once(seals):
    seals.begin({})
    seals.end(b"")
    assert len(seals.take()) == 1
    assert seals.take() == []


def test_a_batch_that_was_dropped_keeps_a_seal_without_a_digest(seals):
    seals.begin({"batch": 1})
    seals.begin({"batch": 2})
    seals.end(b"2")
    assert seals.take() == [{"begin": {"batch": 1}, "sha256": None}, {"begin": {"batch": 2}, "sha256": digest(b"2")}]


def test_a_batch_that_ends_after_its_beginning_was_taken_still_leaves_a_seal(seals):
    seals.begin({"batch": 1})
    assert seals.take() == [{"begin": {"batch": 1}, "sha256": None}]
    seals.end(b"1")
    assert seals.take() == [{"begin": {"batch": 1}, "sha256": digest(b"1")}]


def test_the_oldest_seals_go_first(seals):
    for batch in range(5):
        seals.begin({"batch": batch})
        seals.end(b"")
    assert [seal["begin"]["batch"] for seal in seals.take()] == [2, 3, 4]


def test_the_seal_of_a_log_is_that_of_the_very_bytes_that_were_handed_out_and_what_json_makes_of_them_again(
    mock, control
):
    post(mock, "/seals", mock.witness)
    told = {"seed": 7, "block": 1, "batch": 2, "latency": "0", "draws": 0, "refuse": {}, "one_at_a_time": None}
    assert post(mock, "/begin", mock.token, json.dumps(told))[0] == 200
    place = urlsplit(mock.origins["binance"])
    client = http.client.HTTPConnection(place.netloc, timeout=10)
    client.request("GET", "/api/v3/ticker/24hr?symbol=BTCUSDT", headers={"X-Fetchrace-Request": "3"})
    client.getresponse().read()
    client.close()
    _, log = post(mock, "/end", mock.token)
    assert json.loads(log)["rows"][0][0] == 3
    (seal,) = json.loads(post(mock, "/seals", mock.witness)[1])["seals"]
    assert seal == {"begin": told, "sha256": digest(log)}
    # As a worker reads it, writes it into its side file, and as that is read.
    assert digest(json.dumps(json.loads(json.dumps({"server": json.loads(log)}))["server"]).encode()) == digest(log)


def test_a_begin_that_was_refused_and_an_end_that_found_no_batch_leave_no_seal(mock, control):
    control.end()
    post(mock, "/seals", mock.witness)
    assert post(mock, "/begin", mock.token, '{"latency": "-1ms"}')[0] == 400
    assert post(mock, "/end", mock.token)[0] == 409
    assert json.loads(post(mock, "/seals", mock.witness)[1]) == {"seals": []}


def test_the_token_does_not_open_the_seals_and_the_witness_opens_nothing_else(mock, control):
    for path, secret in (("/seals", mock.token), ("/begin", mock.witness), ("/end", mock.witness)):
        status, said = post(mock, path, secret)
        assert (status, "X-Fetchrace-Token" in json.loads(said)["error"]) == (403, True), path
    assert control.status()["state"] == "logging"


def test_the_secrets_differ_and_are_too_long_to_be_guessed(mock):
    assert mock.witness != mock.token
    assert len(mock.witness) == len(mock.token) == 32
    assert mock.witness not in repr(mock)
