"""Connections at rest: the last in is the first out, and a closed one never goes out again."""

import asyncio

from strategies.lean_pool import LeanPool


class Connection:
    def __init__(self, pool, origin="a"):
        self.origin, self.usable, self.pool = origin, True, pool
        pool.opened.add(self)

    def abort(self):
        self.usable = False
        asyncio.get_running_loop().call_soon(self.pool.opened.discard, self)


def test_the_connection_that_came_back_last_goes_out_first_and_only_to_its_origin():
    pool = LeanPool()
    first, second, other = Connection(pool), Connection(pool), Connection(pool, "b")
    for connection in (first, second, other):
        pool.give_back(connection)
    assert [pool.take("a"), pool.take("a"), pool.take("a"), pool.take("b")] == [second, first, None, other]


def test_a_connection_that_was_closed_at_rest_or_before_is_dropped():
    pool = LeanPool()
    first, second, third = (Connection(pool) for _ in range(3))
    first.usable = False
    for connection in (first, second, third):
        pool.give_back(connection)
    third.usable = False
    assert [pool.take("a"), pool.take("a")] == [second, None]


def test_closing_closes_what_is_at_rest_and_what_is_in_use_and_waits_for_it():
    async def close():
        pool = LeanPool()
        at_rest, in_use = Connection(pool), Connection(pool)
        pool.give_back(at_rest)
        await pool.close()
        return pool, at_rest, in_use

    pool, at_rest, in_use = asyncio.run(close())
    assert (pool.opened, pool.take("a"), at_rest.usable, in_use.usable) == (set(), None, False, False)
