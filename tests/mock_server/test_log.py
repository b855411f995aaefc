import json
from collections import deque

import pytest

from mock_server import log
from mock_server.log import COLUMNS, Record, Spool
from mock_server.market import Market

ROW = (4, 0, "binance", "BTC/USDT", 1, 10.0, 0.02, 0.0201, 0.01, 10.0201, 200, 552, "")


def row_of(arrived, replied):
    return (*ROW[:5], float(arrived), 0.0, float(replied - arrived), 0.0, float(replied), 200, 552, "")


def test_the_peak_is_the_most_that_were_in_flight_at_once():
    record = Record(Market(7), kept=True)
    waiting = deque()
    for now, step in enumerate("++-+-+--"):
        if step == "+":
            waiting.append(now)
            record.enter()
        else:
            record.leave(row_of(waiting.popleft(), now))
    assert record.end()["batch"]["peak_in_flight"] == 2


@pytest.mark.parametrize(
    ("spans", "peak"),
    [
        ([], 0),
        ([(1, 2)], 1),
        ([(1, 2), (2, 3), (3, 4)], 1),
        ([(1, 5), (1, 2), (1, 3), (4, 5)], 3),
        ([(1, 9), (2, 3), (4, 5), (4, 6)], 3),
    ],
    ids=str,
)
def test_the_peak_counts_what_the_rows_say_was_there_before_it_was_taken_up(spans, peak):
    record = Record(Market(7), kept=True)
    for arrived, replied in spans:
        record.enter()
        record.leave(row_of(arrived, replied))
    assert record.end()["batch"]["peak_in_flight"] == peak


def test_a_log_that_is_never_ended_stops_growing_and_says_how_many_rows_are_missing(monkeypatch):
    monkeypatch.setattr(log, "MOST_ROWS", 3)
    record = Record(Market(7), kept=True)
    for _ in range(5):
        record.enter()
        record.leave(ROW)
    ended = record.end()
    assert len(ended["rows"]) == 3
    assert ended["batch"]["truncated"] == 2


def test_what_had_arrived_and_asked_for_no_price_leaves_no_row():
    record = Record(Market(7), kept=True)
    record.enter()
    record.forget()
    ended = record.end()
    assert (ended["rows"], ended["batch"]["unfinished"]) == ([], 0)


def test_the_dice_are_thrown_for_the_batch_unless_another_number_stands_for_it():
    assert Record(Market(7, 1, 2), kept=True).dice == (7, 1, 2)
    assert Record(Market(7, 1, 2), kept=True, draws=0).dice == (7, 1, 0)


def test_faults_are_the_same_in_every_block_where_a_number_stands_for_the_batch():
    assert Record(Market(7, 1, 2), kept=True).fault_dice == (7, 1, 2)
    assert Record(Market(7, 1, 2), kept=True, draws=4).fault_dice == (7, 0, 4)


def test_what_is_still_held_at_the_end_is_unfinished_and_its_row_comes_too_late():
    record = Record(Market(7), kept=True)
    record.enter()
    ended = record.end()
    record.leave(ROW)
    assert ended["batch"]["unfinished"] == 1
    assert ended["rows"] == []


def test_nothing_is_kept_where_nobody_asked():
    record = Record(Market(7), kept=False)
    record.enter()
    record.leave(ROW)
    assert record.rows == []


def test_the_log_is_plain_json():
    record = Record(Market(7), kept=True)
    record.enter()
    record.leave(ROW)
    ended = json.loads(json.dumps(record.end()))
    assert ended["columns"] == list(COLUMNS)
    assert ended["rows"] == [list(ROW)]


def test_a_spool_holds_one_line_a_request_with_the_key_of_its_batch(tmp_path):
    spool = Spool.at(tmp_path / "log.jsonl")
    record = Record(Market(7, 1, 2), kept=False, spool=spool)
    record.enter()
    record.leave(ROW)
    line = json.loads((tmp_path / "log.jsonl").read_text())
    spool.close()
    assert line == {"seed": 7, "block": 1, "batch": 2, **dict(zip(COLUMNS, ROW, strict=True))}


def test_a_full_disk_ends_the_spool_with_a_sentence_and_not_the_server(capsys):
    with open("/dev/full", "a", buffering=1) as full:
        record = Record(Market(7), kept=True, spool=Spool(full))
        for _ in range(2):
            record.enter()
            record.leave(ROW)
    assert len(record.rows) == 2
    assert capsys.readouterr().err.count("the log /dev/full ends here") == 1
