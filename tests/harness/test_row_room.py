"""Room for rows: all of a block's while there is some, then one batch of each arm."""

import pytest

from harness import row_room
from harness.row_room import RowRoom

BATCHES = [[["cold"], ["cold"]], [["first"], ["first"]], [["last"], ["last"]]]


def test_what_fits_is_kept_and_takes_room():
    room = RowRoom(7)
    assert room.fitting({"a": BATCHES}) == ([row for batch in BATCHES for row in batch], None)
    assert room.left == 1


def test_the_first_arm_that_does_not_fit_is_told_and_from_there_on_the_last_batch_of_each_is_kept():
    room = RowRoom(7)
    rows, first = room.fitting({"a": BATCHES, "b": BATCHES, "c": [[["small"]]]})
    assert first == "b"
    assert rows[6:] == [["last"], ["last"], ["small"]]
    assert room.fitting({"a": BATCHES}) == ([["last"], ["last"]], None)


def test_an_arm_without_batches_has_no_rows():
    assert RowRoom(0).fitting({"a": []}) == ([], None)


@pytest.mark.parametrize(("text", "left"), [(None, 10), ("header\n", 10), ("header\n1\n2\n", 8), ("x\n" * 50, 0)])
def test_the_room_in_a_file_is_what_its_rows_leave(tmp_path, monkeypatch, text, left):
    monkeypatch.setattr(row_room, "MOST", 10)
    if text is not None:
        (tmp_path / "requests.csv").write_text(text)
    assert RowRoom.in_file(tmp_path / "requests.csv").left == left
