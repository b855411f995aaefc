import os
import resource
import socket
import threading

import pytest

import exchanges
from mock_server.loadgen import Load, LoadFailed, _Line, measure
from mock_server.loadgen_answer import Answers

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def scripted():
    """Starts servers that answer the n-th request of each connection with the n-th given bytes, then close it."""
    listening, threads = [], []

    def converse(connection, answers):
        with connection:
            for answer in answers:
                asked = b""
                while not asked.endswith(b"\r\n\r\n"):
                    more = connection.recv(4096)
                    if not more:
                        return
                    asked += more
                connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)

    def serve(sock, answers):
        while True:
            try:
                connection, _ = sock.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=converse, args=(connection, answers)))
            threads[-1].start()

    def start(*answers):
        sock = socket.create_server(("127.0.0.1", 0))
        listening.append(sock)
        threads.append(threading.Thread(target=serve, args=(sock, answers)))
        threads[-1].start()
        return f"http://127.0.0.1:{sock.getsockname()[1]}"

    yield start
    for sock in listening:
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()
    for thread in threads:
        thread.join(10)


@pytest.fixture
def line():
    """A connection of the generator that has asked request 0, and the socket of who answers it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname(), timeout=10)
        far, _ = server.accept()
    with near, far:
        made = _Line(near, Answers("http://a"))
        made.index = 0
        near.setblocking(True)  # so that a test need not wait until bytes have crossed
        yield made, far


def targets_of(name, count=4):
    exchange = exchanges.load(name)
    return [exchange.request_for(instrument.pair).target for instrument in exchange.instruments[:count]]


def test_each_request_arrives_once_with_its_index_inside_its_span(mock, control):
    control.begin(seed=7, latency="1ms")
    spans = measure(mock.origins["binance"], targets_of("binance"), in_flight=8, requests=60)
    log = control.end()
    place = {name: number for number, name in enumerate(log["columns"])}
    rows = {row[place["index"]]: row for row in log["rows"]}
    assert sorted(rows) == list(range(60))
    assert len(log["rows"]) == len(spans) == 60
    for (started, ended), row in zip(spans, (rows[index] for index in range(60)), strict=True):
        assert started <= row[place["arrived"]]
        assert row[place["replied"]] <= ended
        assert row[place["status"]] == 200


def test_it_keeps_as_many_in_flight_as_it_is_told_and_never_more(mock, control):
    control.begin(seed=7, latency="20ms")
    measure(mock.origins["binance"], targets_of("binance"), in_flight=6, requests=24)
    assert control.end()["batch"]["peak_in_flight"] == 6


def test_a_second_run_re_uses_the_connections_of_the_first(mock, control):
    with Load(mock.origins["binance"], targets_of("binance"), in_flight=5) as load:
        assert len(load.run(12)) == 12
        assert len(load.run(7)) == 7
    assert control.end()["batch"]["accepted"] == 5


def test_several_origins_are_asked_place_by_place(mock, control):
    names = ["binance", "kraken", "coinbase"]
    origins = [mock.origins[name] for name in names]
    measure(origins, [targets_of(name, 1)[0] for name in names], in_flight=2, requests=9)
    log = control.end()
    place = {name: number for number, name in enumerate(log["columns"])}
    asked = {row[place["index"]]: row[place["exchange"]] for row in log["rows"]}
    assert [asked[index] for index in range(9)] == names * 3
    assert log["batch"]["peak_in_flight"] <= 2


def test_nothing_is_left_open(mock, control):
    before = os.listdir("/proc/self/fd")
    measure(mock.origins["binance"], targets_of("binance"), in_flight=20, requests=20)
    assert os.listdir("/proc/self/fd") == before


def test_no_requests_are_no_spans(mock, control):
    assert measure(mock.origins["binance"], targets_of("binance"), in_flight=1, requests=0) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\n\r\n", "expected HTTP/1.1 200 .* found 'HTTP/1.1 503 Sorry'"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "expected an answer with a Content-Length"),
        (b"SSH-2.0-x\r\n\r\n", "found 'SSH-2.0-x'"),
        (GOOD[:-1], "request 0: .* closed the connection in the middle"),
        (GOOD + b"!", "request 0: .* sent more than its Content-Length says"),
    ],
    ids=["status", "length", "garbage", "cut", "long"],
)
def test_an_answer_that_is_not_a_whole_200_is_one_sentence(scripted, answer, words):
    with pytest.raises(LoadFailed, match=words):
        measure(scripted(answer), "/", in_flight=1, requests=1)


def test_a_connection_that_closes_between_two_requests_is_one_sentence(scripted):
    with pytest.raises(LoadFailed, match=r"closed|took nothing|broke off"):
        measure(scripted(GOOD, GOOD), "/", in_flight=1, requests=3)


def test_a_server_that_does_not_answer_is_noticed_at_the_deadline(scripted):
    with pytest.raises(LoadFailed, match=r"request 0: .* no whole answer within 0.05 s"):
        measure(scripted(GOOD[:20], GOOD), "/", in_flight=1, requests=1, deadline_s=0.05)


def test_a_port_where_nobody_listens_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LoadFailed, match=f"cannot connect to http://127.0.0.1:{port}: Connection refused"):
        measure(f"http://127.0.0.1:{port}", "/", in_flight=1, requests=1)


def test_too_few_file_descriptors_are_told_with_the_way_out():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
        free = os.dup(server.fileno())  # the lowest number that is free
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + 6, hard))
        try:
            with pytest.raises(LoadFailed, match="try ulimit -n 300"):
                measure(origin, "/", in_flight=100, requests=1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("origins", "targets", "in_flight", "words"),
    [
        ("https://127.0.0.1:1", "/", 1, "expected an origin such as"),
        ("http://127.0.0.1:1/x", "/", 1, "expected an origin such as"),
        ("http://127.0.0.1:1", [], 1, "expected one origin or one per target"),
        (["http://127.0.0.1:1"] * 2, ["/"] * 3, 1, "expected one origin or one per target"),
        ("http://127.0.0.1:1", "/", 0, "expected 1 or more in flight"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_opened(origins, targets, in_flight, words):
    with pytest.raises(ValueError, match=words):
        Load(origins, targets, in_flight)


def test_an_answer_in_two_pieces_is_whole_with_the_second(line):
    made, far = line
    for cut in range(1, len(GOOD)):
        far.sendall(GOOD[:cut])
        assert not made.take(), cut
        far.sendall(GOOD[cut:])
        assert made.take(), cut


def test_an_answer_byte_by_byte_is_whole_with_the_last(line):
    made, far = line
    whole = []
    for number in range(len(GOOD)):
        far.sendall(GOOD[number : number + 1])
        whole.append(made.take())
    assert whole == [False] * (len(GOOD) - 1) + [True]


def test_bytes_that_nobody_asked_for_are_noticed(line):
    made, far = line
    made.index = -1
    far.sendall(b"!")
    with pytest.raises(LoadFailed, match="sent what nobody asked"):
        made.take()
