"""The live page: prices as they come, in a browser on this machine, and on no other.

    doors        who is let in: a loopback host, no page of anybody else's, the token for whatever changes something
    headers      what every answer carries
    answer       one answer, and how errors are said
    connection   one accepted connection: patience that ends, errors with the same headers
    broadcast    what changed since when: the cells of the page, each with the version that it last changed in
    stream       one client of the broadcast, over server-sent events
    document     a reading of the tracker as the market document that the page is drawn from
    reckoner     spreads and portfolio, in a thread of their own and at a rate of their own
    publisher    the thread that turns readings into editions of the page
    alerts       which routes are told of, once each
    dials        the mock server's latency and faults, turned while it serves
    controls     what a POST may do
    race         "race all now": one child process (sprint) for each strategy
    sprint       the child: one strategy, one batch, one line
    page         the page, its style and its script
    server       the routes, on aiohttp
    choice       which markets are shown where nobody says
    installed    which strategies can be chosen
    session      all of it begun in order, and ended at once
    invented     readings without an exchange, for tests and for the benchmark
    benchmark    what it costs: python -m harness.live.benchmark (its two halves: benchmark_server, benchmark_clients)

The server's event loop has a thread to itself and never waits for the market: the tracker, the reckoner and the
publisher have their own, and hand it finished editions.
"""
