"""How the mock exchanges treat those who ask too much, seen from outside: the real manners, over real sockets."""

import http.client
import itertools
import json
import time
from urllib.parse import urlsplit

import pytest

import exchanges
from exchanges.wire import Response
from mock_server.process import running

TOO_LONG = 3000


class Caller:
    """Asks one thing of one exchange, over one connection."""

    def __init__(self, mock, name, target=None, method="GET"):
        self.exchange = exchanges.load(name)
        self.pair = self.exchange.instruments[0].pair
        self.target = target or self.exchange.request_for(self.pair).target
        self.method = method
        self.connection = http.client.HTTPConnection(urlsplit(mock.origins[name]).netloc, timeout=10)

    def ask(self):
        self.connection.request(self.method, self.target)
        answer = self.connection.getresponse()
        return Response(answer.status, answer.read(), {key.lower(): value for key, value in answer.headers.items()})

    def ask_until(self, status):
        """The first answer of that status, and the statuses on the way to it."""
        seen = []
        for _ in range(TOO_LONG):
            answer = self.ask()
            if answer.status == status:
                return answer, seen
            seen.append(answer.status)
        raise AssertionError(f"no {status} among {TOO_LONG} answers, but {set(seen)}")


@pytest.fixture
def call():
    """``call(mock, name, target, method)`` makes a Caller, whose connection is closed at the end."""
    callers = []

    def make(*arguments):
        callers.append(Caller(*arguments))
        return callers[-1]

    yield make
    for caller in callers:
        caller.connection.close()


@pytest.fixture(scope="module")
def strict():
    with running(latency="0", arguments=["--limits"]) as started:
        yield started


@pytest.mark.slow
def test_binance_warns_then_bans_and_then_serves_again(call):
    with running(["binance"], latency="0", arguments=["--limits", "--time-scale", "240"]) as mock:
        caller = call(mock, "binance", "/api/v3/depth?symbol=BTCUSDT&limit=5000", "HEAD")
        warned, before = caller.ask_until(429)
        assert set(before) == {200}
        assert int(warned.headers["retry-after"]) >= 1
        banned, between = caller.ask_until(418)
        assert set(between) <= {429, 200}  # 200 where a new minute began meanwhile
        time.sleep(int(banned.headers["retry-after"]))
        assert caller.ask().status == 200


@pytest.mark.slow
def test_binance_tells_when_to_come_back_and_means_it(strict, call):
    caller = call(strict, "binance", "/api/v3/depth?symbol=BTCUSDT&limit=5000", "HEAD")
    warned, before = caller.ask_until(429)
    assert 1 <= int(warned.headers["retry-after"]) <= 60
    # 6,000 a minute and 250 a book; fewer where the minute is not new, more where another one began.
    assert len(before) in range(1, 49)


@pytest.mark.slow
def test_coinbase_says_429_with_what_is_left_of_the_second(strict, call):
    caller = call(strict, "coinbase")
    refused, before = caller.ask_until(429)
    assert len(before) >= 10
    assert caller.exchange.quote_from(caller.pair, refused).kind == "rate_limited"
    assert refused.headers["x-ratelimit-remaining"] == "0"


@pytest.mark.slow
def test_kraken_refuses_inside_http_200(strict, call):
    caller = call(strict, "kraken")
    answers = [caller.ask() for _ in range(60)]
    errors = [entry for answer in answers for entry in json.loads(answer.body)["error"]]
    assert {answer.status for answer in answers} == {200}
    assert errors
    assert caller.exchange.quote_from(caller.pair, answers[-1]).kind in ("rate_limited", "banned")


def test_without_limits_the_budget_is_told_and_never_refused(mock, control, call):
    caller = call(mock, "binance")
    used = [int(caller.ask().headers["x-mbx-used-weight-1m"]) for _ in range(20)]
    steps = {later - earlier for earlier, later in itertools.pairwise(used)}
    assert steps <= {2, *(step for step in steps if step < 0)}  # 2 each, but where a new minute begins


@pytest.mark.slow
def test_a_refusal_leaves_its_row_at_once_whatever_the_latency(strict, call):
    from mock_server.process import Control

    with Control(strict) as control:
        caller = call(strict, "kraken", "/0/public/Time")
        control.begin(seed=1, latency="0")
        for _ in range(40):
            caller.ask()
        control.begin(seed=1, latency="5s")
        caller.ask()
        log = control.end()
    row = dict(zip(log["columns"], log["rows"][0], strict=True))
    assert (row["asked"], row["priced_at"]) == (0.0, None)
    assert row["held"] < 5
