import asyncio
import json
from dataclasses import dataclass, field

import pytest

from harness.live.broadcast import MOST_CLIENTS, Broadcast, beat


@dataclass
class State:
    version: int
    rows: dict = field(default_factory=dict)
    shape: str = "one"
    now_us: int = 5


def heard(data):
    """The events in some bytes: (name, id, data)."""
    found = []
    for block in filter(None, data.decode().split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def broadcast_of(*states):
    made = Broadcast("run")
    for state in states:
        made.publish(state)
    return made


def test_a_new_client_gets_every_cell():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"], "b": ["b", "2"]}))
    ((name, number, data),) = heard(broadcast.due(broadcast.enter("one", None)))
    assert (name, number) == ("cells", "run-1")
    assert data == {"version": 1, "now_us": 5, "cells": [["a", "1"], ["b", "2"]]}


def test_afterwards_it_gets_what_changed_and_nothing_twice():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"], "b": ["b", "2"]}))
    client = broadcast.enter("one", None)
    broadcast.due(client)
    assert broadcast.due(client) == b""
    broadcast.publish(State(2, {"a": ["a", "1"], "b": ["b", "3"]}))
    assert heard(broadcast.due(client))[0][2]["cells"] == [["b", "3"]]
    assert broadcast.due(client) == b""


def test_who_was_slow_gets_several_changes_in_one_and_the_last_of_each():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"], "b": ["b", "1"]}))
    client = broadcast.enter("one", None)
    broadcast.due(client)
    for version in range(2, 50):
        broadcast.publish(State(version, {"a": ["a", str(version)], "b": ["b", "1"]}))
    assert [data["cells"] for _, _, data in heard(broadcast.due(client))] == [[["a", "49"]]]


def test_clients_of_one_version_share_the_bytes():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"]}))
    one, other = broadcast.enter("one", None), broadcast.enter("one", None)
    assert broadcast.due(one) == broadcast.due(other)
    broadcast.publish(State(2, {"a": ["a", "2"]}))
    assert broadcast._cells_since(1, broadcast._edition) is broadcast._cells_since(1, broadcast._edition)


def test_nothing_grows_with_the_number_of_editions():
    broadcast = broadcast_of(*(State(version, {"a": ["a", str(version)]}) for version in range(1, 1000)))
    assert len(broadcast._changed) == 1
    assert len(broadcast._since) <= 1


def test_who_comes_back_gets_what_it_missed():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"], "b": ["b", "1"]}), State(2, {"a": ["a", "2"], "b": ["b", "1"]}))
    assert heard(broadcast.due(broadcast.enter("one", "run-1")))[0][2]["cells"] == [["a", "2"]]


@pytest.mark.parametrize("last_id", ["another-1", "1", "run-", "run-x", "run-²", "", "run-9999999999999999999"])
def test_who_comes_from_another_run_or_from_nowhere_gets_everything(last_id):
    broadcast = broadcast_of(State(1, {"a": ["a", "1"]}), State(2, {"a": ["a", "1"]}))
    assert heard(broadcast.due(broadcast.enter("one", last_id)))[0][2]["cells"] == [["a", "1"]]


def test_who_has_everything_is_greeted_all_the_same():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"]}))
    client = broadcast.enter("one", "run-1")
    assert heard(broadcast.due(client)) == [("cells", "run-1", {"version": 1, "now_us": 5, "cells": []})]
    assert broadcast.due(client) == b""


def test_a_page_of_another_shape_is_told_so_and_nothing_more():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"]}))
    stranger = broadcast.enter("old", None)
    assert heard(broadcast.due(stranger)) == [("shape", None, {"shape": "one"})]
    assert stranger.gone
    client = broadcast.enter("one", None)
    broadcast.due(client)
    broadcast.publish(State(2, {"a": ["a", "1"], "z": ["z", "1"]}, "two"))
    assert heard(broadcast.due(client)) == [("shape", None, {"shape": "two"})]
    assert broadcast.due(client) == b""


def test_after_a_change_of_shape_whoever_comes_back_gets_all_of_it():
    broadcast = broadcast_of(State(1, {"a": ["a", "1"]}), State(2, {"a": ["a", "1"], "z": ["z", "1"]}, "two"))
    assert heard(broadcast.due(broadcast.enter("two", "run-1")))[0][2]["cells"] == [["a", "1"], ["z", "1"]]


def test_the_client_after_the_last_is_refused_until_one_leaves():
    broadcast = broadcast_of(State(1))
    assert all(broadcast.enter("one", None) for _ in range(MOST_CLIENTS))
    assert broadcast.enter("one", None) is None
    broadcast.leave()
    assert broadcast.enter("one", None) is not None


def test_a_race_is_told_line_by_line_to_whoever_comes_in_the_middle_too():
    broadcast = broadcast_of(State(1))
    early = broadcast.enter("one", None)
    broadcast.due(early)
    broadcast.tell({"state": "began"})
    broadcast.tell({"state": "lane", "strategy": "threads"})
    late = broadcast.enter("one", None)
    assert [data["state"] for _, _, data in heard(broadcast.due(early))] == ["began", "lane"]
    assert [data.get("state") for _, _, data in heard(broadcast.due(late))] == [None, "began", "lane"]
    broadcast.tell({"state": "ended"})
    assert [data["state"] for _, _, data in heard(broadcast.due(late))] == ["ended"]


def test_a_race_that_is_over_is_not_told_to_who_comes_later():
    broadcast = broadcast_of(State(1))
    broadcast.tell({"state": "began"})
    broadcast.tell({"state": "ended"})
    client = broadcast.enter("one", None)
    assert [name for name, _, _ in heard(broadcast.due(client))] == ["cells"]
    broadcast.tell({"state": "began"})
    assert [data["state"] for _, _, data in heard(broadcast.due(client))] == ["began"]


def test_at_the_end_everybody_is_told_once():
    broadcast = broadcast_of(State(1))
    client = broadcast.enter("one", None)
    broadcast.farewell()
    assert [name for name, _, _ in heard(broadcast.due(client))] == ["cells", "bye"]
    assert client.gone
    assert broadcast.due(client) == b""


def test_news_wakes_whoever_waits_and_nothing_is_no_news():
    async def scene():
        broadcast = broadcast_of(State(1, {"a": ["a", "1"]}))
        waiting = [asyncio.create_task(broadcast.news(60)) for _ in range(3)]
        await asyncio.sleep(0)
        broadcast.publish(State(2, {"a": ["a", "1"]}))  # nothing changed
        assert not await broadcast.news(0)
        broadcast.publish(State(3, {"a": ["a", "2"]}))
        return await asyncio.gather(*waiting)

    assert asyncio.run(scene()) == [True] * 3


def test_a_name_with_control_characters_cannot_end_an_event():
    nasty = "\x1b[2J\n\nevent: bye\ndata: {}\n\n\u2028</script>"
    broadcast = broadcast_of(State(1, {"a": ["a", nasty]}))
    data = broadcast.due(broadcast.enter("one", None))
    assert data.count(b"\n\n") == 1
    assert b"\x1b" not in data
    assert heard(data)[0][2]["cells"] == [["a", nasty]]


def test_a_beat_says_when():
    assert heard(beat(17)) == [("beat", None, {"now_us": 17})]
