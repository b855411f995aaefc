"""A server that misbehaves on request, byte by byte: ``GET /<name of a fault>``."""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import struct
import threading
import zlib
from collections import Counter

import pytest

OK = b"HTTP/1.1 200 OK\r\n"
RESET, STALL = object(), object()
BOMB = gzip.compress(bytes(8 * 1024 * 1024), 9)


def sized(body, *headers, status=b"200 OK", length=None):
    lines = [
        b"HTTP/1.1 " + status,
        b"Connection: close",
        b"Content-Length: %d" % (len(body) if length is None else length),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(body, *headers):
    return (
        OK
        + b"".join(h + b"\r\n" for h in (b"Connection: close", b"Transfer-Encoding: chunked", *headers))
        + b"\r\n"
        + body
    )


def five(*headers, first=b"HTTP/1.1 200 OK", body=b"12345", length=b"Content-Length: 5"):
    """A body of five bytes under a head of which every line can be chosen."""
    return b"\r\n".join([first, b"Connection: close", *headers, *([length] if length else []), b"", body])


def mutant(seed):
    """A sound answer with a few bytes lost, changed, doubled or put in."""
    dice = random.Random(seed)
    sound = [steps[0] for steps, kind in FAULTS.values() if kind is None and len(steps[0]) < 1000]
    data = bytearray(dice.choice(sound))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data))
        end = min(len(data), at + dice.randint(1, 4))
        new = [
            b"",
            data[at:end] * 2,
            dice.randbytes(2),
            dice.choice([b"-", b"0x", b"\r\n", b"\0", b"9" * 30, b":", b" "]),
        ]
        data[at:end] = dice.choice(new)
    return bytes(data)


def drip(data):
    """One byte every 50 ms, for longer than any deadline of these tests."""
    return (data, 0.05)


# name: (what is sent after the request, the kind that every strategy must give; None for an answer)
FAULTS = {
    "close": ([], "disconnected"),
    "close-in-status-line": ([b"HTTP/1.1 2"], "disconnected"),
    "close-in-head": ([OK + b"Content-Type: te"], "disconnected"),
    "reset": ([RESET], "reset"),
    "reset-in-body": ([sized(b"123456789", length=100), RESET], "truncated"),
    "cut-body": ([sized(b'{"price": 1}', length=100)], "truncated"),
    "cut-chunk": ([chunked(b"10\r\n12345")], "truncated"),
    "no-last-chunk": ([chunked(b"5\r\n12345\r\n")], "truncated"),
    "huge-chunk-size": ([chunked(b"FFFFFFFFFFFFFFFFFF\r\n12345")], "truncated"),
    "bad-chunk-size": ([chunked(b"ZZ\r\n12345\r\n0\r\n\r\n")], "protocol"),
    "negative-length": ([OK + b"Content-Length: -5\r\n\r\n12345"], "protocol"),
    "wordy-length": ([OK + b"Content-Length: abc\r\n\r\n12345"], "protocol"),
    "length-of-20-digits": ([five(length=b"Content-Length: 00000000000000000005")], "protocol"),
    "two-lengths": ([OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345"], "protocol"),
    "length-and-chunks": ([chunked(b"5\r\n12345\r\n0\r\n\r\n", b"Content-Length: 5")], "protocol"),
    "other-transfer-encoding": ([OK + b"Transfer-Encoding: gzip\r\n\r\n12345"], "protocol"),
    "banner": ([b"SSH-2.0-OpenSSH_9.6\r\n"], "protocol"),
    "noise": ([bytes(range(128, 256)) * 4 + b"\r\n\r\n"], "protocol"),
    "long-header": ([OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n"], "protocol"),
    "many-headers": ([OK + b"".join(b"X-%d: y\r\n" % n for n in range(3000)) + b"\r\n"], "protocol"),
    "nul-in-header": ([OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n"], "protocol"),
    "header-without-colon": ([OK + b"just words\r\nContent-Length: 0\r\n\r\n"], "protocol"),
    "negative-chunk-size": ([chunked(b"-5\r\n12345\r\n0\r\n\r\n")], "protocol"),
    "prefixed-chunk-size": ([chunked(b"0x5\r\n12345\r\n0\r\n\r\n")], "protocol"),
    "no-line-end-after-chunk": ([chunked(b"5\r\n12345XY0\r\n\r\n")], "protocol"),
    "malformed-trailer": ([chunked(b"5\r\n12345\r\n0\r\njust words\r\n\r\n")], "protocol"),
    "cut-in-trailer": ([chunked(b"5\r\n12345\r\n0\r\n")], "truncated"),
    "two-transfer-encodings": (
        [five(*[b"Transfer-Encoding: chunked"] * 2, length=None, body=b"5\r\n12345\r\n0\r\n\r\n")],
        "protocol",
    ),
    "same-length-twice": ([five(b"Content-Length: 5")], "protocol"),
    "length-in-a-list": ([five(length=b"Content-Length: 5, 5")], "protocol"),
    "http-1.9": ([five(first=b"HTTP/1.9 200 OK")], "protocol"),
    "http-2": ([five(first=b"HTTP/2.0 200 OK")], "protocol"),
    "long-status-line": ([five(first=b"HTTP/1.1 200 " + b"y" * 70_000)], "protocol"),
    "large-head": ([five(*[b"X-%d: " % n + b"y" * 3000 for n in range(60)])], "protocol"),
    "head-over-64-kib": ([five(*[b"X-%d: " % n + b"y" * 3000 for n in range(24)])], "protocol"),
    "empty-line-first": ([b"\r\n" + sized(b"12345")], "protocol"),
    "space-before-colon": ([five(b"X : a")], "protocol"),
    "nameless-header": ([five(b": a")], "protocol"),
    "fold-of-nothing": ([five(first=b"HTTP/1.1 200 OK\r\n X: y")], "protocol"),
    "cr-in-header": ([five(b"X: a\rb")], "protocol"),
    "switching-protocols": (
        [five(b"Upgrade: x", first=b"HTTP/1.1 101 Switching Protocols", length=None, body=b"")],
        "protocol",
    ),
    "2000-continues": ([b"HTTP/1.1 100 Continue\r\n\r\n" * 2000 + sized(b"12345")], "protocol"),
    "nul-in-reason": ([five(first=b"HTTP/1.1 200 O\0K")], "protocol"),
    "banner-without-line-end": ([b"220 mail"], "protocol"),
    "malformed-line-then-close": ([OK + b"X Y: z\r\nContent-"], "protocol"),
    "malformed-cut-line": ([OK + b"X\0Y"], "protocol"),
    "close-in-fold": ([OK + b"X: y\r\n z"], "disconnected"),
    "close-after-continue": ([b"HTTP/1.1 100 Continue\r\n\r\n"], "disconnected"),
    "cut-in-chunk-size": ([chunked(b"5\r\n12345\r\n1")], "truncated"),
    "cut-in-trailer-line": ([chunked(b"5\r\n12345\r\n0\r\nX: y")], "truncated"),
    "two-lengths-after-hints": ([b"HTTP/1.1 103 Hints\r\n\r\n" + five(b"content-length:5")], "protocol"),
    "redirect": ([sized(b"", b"Location: /elsewhere", status=b"302 Found")], "redirect"),
    "redirect-to-file": ([sized(b"", b"Location: file:///etc/passwd", status=b"301 Moved")], "redirect"),
    "broken-gzip": ([sized(b"this is no gzip", b"Content-Encoding: gzip")], "encoding"),
    "cut-gzip": ([sized(gzip.compress(b"x" * 5000)[:-12], b"Content-Encoding: gzip")], "encoding"),
    "unknown-encoding": ([sized(b"12345", b"Content-Encoding: br")], "encoding"),
    "two-encodings": ([sized(gzip.compress(b"12345"), *[b"Content-Encoding: gzip"] * 2)], "encoding"),
    "plain-and-other-encoding": (
        [sized(b"12345", b"Content-Encoding: identity", b"Content-Encoding: br")],
        "encoding",
    ),
    "large": ([sized(b"x" * 200_000)], "too_large"),
    "large-chunks": ([chunked((b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 8 + b"0\r\n\r\n")], "too_large"),
    "endless": ([OK + b"\r\n" + b"x" * 200_000, STALL], "too_large"),
    "gzip-bomb": ([sized(BOMB, b"Content-Encoding: gzip")], "too_large"),
    "deflate-bomb": ([sized(zlib.compress(bytes(8 * 1024 * 1024), 9), b"Content-Encoding: deflate")], "too_large"),
    "stall-before-head": ([STALL], "deadline"),
    "stall-in-head": ([OK + b"Content-", STALL], "deadline"),
    "stall-in-body": ([sized(b"123", length=100), STALL], "deadline"),
    "stall-without-length": ([OK + b"\r\n123", STALL], "deadline"),
    "drip-head": ([drip(OK + b"X-Padding: " + b"y" * 200)], "deadline"),
    "drip-body": ([sized(b"", length=1000), drip(b"y" * 200)], "deadline"),
    "ok": ([sized(b"12345")], None),
    "ok-chunked": ([chunked(b"5\r\n12345\r\n0\r\n\r\n")], None),
    "ok-until-close": ([OK + b"\r\n12345"], None),
    "ok-gzip": ([sized(gzip.compress(b"12345"), b"Content-Encoding: gzip")], None),
    "ok-two-gzips": ([sized(gzip.compress(b"123") + gzip.compress(b"45"), b"Content-Encoding: gzip")], None),
    "ok-deflate": ([sized(zlib.compress(b"12345"), b"Content-Encoding: deflate")], None),
    "ok-raw-deflate": ([sized(zlib.compress(b"12345")[2:-4], b"Content-Encoding: deflate")], None),
    "ok-continue": ([b"HTTP/1.1 100 Continue\r\n\r\n" + sized(b"12345")], None),
    "ok-early-hints": ([b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + sized(b"12345")], None),
    "ok-processing": ([b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + sized(b"12345")], None),
    "ok-folded-header": ([five(b"X: a\r\n b", b"Y: c\r\n\td:e")], None),
    "ok-trailer": ([chunked(b"5;a=b\r\n12345\r\n0\r\nX: y\r\n\r\n")], None),
    "ok-no-reason": ([five(first=b"HTTP/1.1 200")], None),
    "ok-http-1.0": ([five(first=b"HTTP/1.0 200 OK")], None),
    "ok-bytes-after-body": ([five() + b"67890"], None),
    "ok-204-with-body": ([five(first=b"HTTP/1.1 204 No Content")], None),
    "ok-hints-and-bytes-after-body": ([b"HTTP/1.1 103 Hints\r\n\r\n", five() + b"67890"], None),
    "ok-chunks-and-bytes-after-them": ([chunked(b"5\r\n12345\r\n0\r\n\r\n67890")], None),
    "ok-padded-length": ([five(length=b"Content-Length: 5 \t")], None),
    "ok-100-continues": ([b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + sized(b"12345")], None),
    "vertical-tab": ([five(b"X: a\x0bb")], None),
    "nameless-chunk-extension": ([chunked(b"5;\r\n12345\r\n0\r\n\r\n")], None),
    "blanks-round-chunk-extension": ([chunked(b"5 ; a\r\n12345\r\n0\r\n\r\n")], None),
    "long-chunk-extension": ([chunked(b"5;" + b"a" * 70_000 + b"\r\n12345\r\n0\r\n\r\n")], None),
    "many-trailers": ([chunked(b"5\r\n12345\r\n0\r\n" + b"X: y\r\n" * 3000 + b"\r\n")], None),
    "ok-status": ([sized(b"12345", status=b"503 Busy")], None),
    "ok-304-with-gzip": ([b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\nContent-Encoding: gzip\r\n\r\n"], None),
}


class FaultServer:
    """Answers each connection's first request as FAULTS says, then closes it."""

    def __init__(self):
        self.seen = Counter()
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.origin = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                thread = threading.Thread(target=self.answer, args=(connection,))
                self.threads.append(thread)
                thread.start()

    def answer(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            name = head.split(b" ")[1].decode().lstrip("/")
            self.seen[name] += 1
            steps = [mutant(int(name[7:]))] if name.startswith("mutant-") else FAULTS.get(name, ([], None))[0]
            for step in steps:
                if step is RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif step is STALL:
                    connection.recv(1)  # until the client gives up
                elif isinstance(step, tuple):
                    for byte in step[0]:
                        connection.sendall(bytes([byte]))
                        if self.closing.wait(step[1]):
                            return
                else:
                    connection.sendall(step)
            if RESET not in steps:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)

    def close(self):
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture(scope="session")
def faults():
    server = FaultServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def fault_kinds():
    return {name: kind for name, (_, kind) in FAULTS.items()}
