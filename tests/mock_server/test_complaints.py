import asyncio
import errno
import logging

import pytest

from mock_server.complaints import Complaints


@pytest.fixture
def loop():
    made = asyncio.new_event_loop()
    yield made
    made.close()


def test_a_lack_of_file_descriptors_is_one_line_however_often_it_is_met(loop, caplog):
    complaints = Complaints()
    for _ in range(1000):
        complaints.hear(loop, {"message": "accept", "exception": OSError(errno.EMFILE, "Too many open files")})
    assert [record.getMessage() for record in caplog.records] == [
        "connections wait: Too many open files; fewer at once, or a higher ulimit -n"
    ]


def test_any_other_complaint_is_told_in_full(loop, caplog):
    with caplog.at_level(logging.ERROR):
        Complaints().hear(loop, {"message": "a bug", "exception": ValueError("of ours")})
    assert "of ours" in caplog.text
