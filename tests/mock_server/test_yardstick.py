import http.client
import os
import time
from urllib.parse import urlsplit

import pytest

from mock_server.loadgen_answer import LoadFailed
from mock_server.yardstick import KINDS, cpu_s, rss_bytes, standing


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_yardstick_answers_with_a_body_of_the_size_it_was_told_and_is_gone_at_the_end(kind, loop):
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    before = os.listdir("/proc/self/fd")
    with standing(kind, loop, 321) as server:
        connection = http.client.HTTPConnection(urlsplit(server.origin).netloc, timeout=10)
        for _ in range(2):
            connection.request("GET", "/whatever")
            answer = connection.getresponse()
            assert (answer.status, len(answer.read())) == (200, 321)
        connection.close()
        assert cpu_s(server.pid) > 0
        assert rss_bytes(server.pid) > 1_000_000
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.slow
def test_a_yardstick_that_does_not_start_is_one_sentence(capfd):
    failed = pytest.raises(LoadFailed, match="the magic server on asyncio, to compare with, did not start")
    with failed, standing("magic", "asyncio", 1):
        pass


def test_a_process_s_cpu_time_is_finer_than_the_kernel_s_ticks():
    pid, began = os.getpid(), cpu_s(os.getpid())
    mine = time.process_time()
    while time.process_time() - mine < 0.002:
        pass
    assert 0.002 <= cpu_s(pid) - began < 0.5
