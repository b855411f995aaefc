"""The page that a person sees who opens one of the mock's ports in a browser: what it serves, and how to ask for it.

It needs nothing but itself and may do nothing: no script, no request, not even for an icon, and a content security
policy that lets in one style by its hash. All text from elsewhere (an exchange's name, a latency) is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final
from urllib.parse import unquote

from exchanges.errors import safe
from exchanges.exchange import Exchange
from exchanges.wire import Response
from mock_server.conditions import Latency
from mock_server.faults import Faults
from mock_server.page_examples import examples_for
from mock_server.page_routes import routes_of
from mock_server.reply import Reply


@dataclass(frozen=True, slots=True)
class Served:
    """What a running server does. ``control`` is the control port's origin; ``limited`` says whether rate limits are
    enforced; ``ca_file`` is what to trust where the origins are https."""

    exchanges: Sequence[Exchange]
    origins: Mapping[str, str]
    control: str
    latency: Latency
    faults: Faults = field(default_factory=Faults)
    limited: bool = False
    time_scale: float = 1.0
    ca_file: str | None = None

    def named(self, name: str) -> Exchange:
        return next(exchange for exchange in self.exchanges if exchange.name == name)


def page_of(served: Served, name: str | None) -> Reply:
    """The page at ``/`` of an exchange's port, or of the control port (``name`` None)."""
    title, about, sections = _control(served) if name is None else _exchange(served, served.named(name))
    style = _style()
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}, mocked by fetchrace</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header>
<h1>{escape(title)} <small>mocked by fetchrace</small></h1>
<p class="muted">{about}</p>
<nav aria-label="Ports of this server">{_ports(served, name)}</nav>
{_facts(served, name)}
</header>
<main>
{sections}
</main>
</body>
</html>
"""
    return Reply.of(Response(200, text.encode(), _headers(style)))


def _exchange(served: Served, exchange: Exchange) -> tuple[str, str, str]:
    about = (
        f"Invented prices, sent as <code>{escape(exchange.origin)}</code> sends real ones: "
        f'see <a rel="noreferrer" href="{escape(_web(exchange.docs))}">its documentation</a>.'
    )
    routes = "\n".join(
        f'<tr><th scope="row">{escape(what)}</th>'
        f'<td><a href="{escape(target)}"><code>{_breakable(unquote(target))}</code></a></td></tr>'
        for what, target in routes_of(exchange)
    )
    examples = "\n".join(
        f"<h3>{escape(how)}</h3>\n<pre><code>{escape(code)}</code></pre>"
        for how, code in examples_for(exchange, served.origins[exchange.name], served.ca_file)
    )
    sections = (
        f"<h2>What it answers</h2>\n<table>\n{routes}\n</table>\n"
        f"<p>Other public endpoints that the exchange documents are answered as well where they tell of prices, books, "
        f"markets or the time; all else gets the exchange's own refusal.</p>\n"
        f"<h2>Ask it from a program</h2>\n{examples}\n<h2>Headers that only a mock knows</h2>\n{_HEADERS_TABLE}"
    )
    return exchange.title, about, sections


def _control(served: Served) -> tuple[str, str, str]:
    about = (
        "Batches begin and end here, away from the ports that are measured. What changes the server is a POST with the "
        "token that it printed on the first line of its output, as <code>X-Fetchrace-Token</code>."
    )
    begin = (
        f"curl -X POST -H 'X-Fetchrace-Token: ...' {served.control}/begin \\\n"
        """     -d '{"seed": 7, "block": 0, "batch": 0, "latency": "lognormal:20ms,200ms"}'"""
    )
    end = f"curl -X POST -H 'X-Fetchrace-Token: ...' {served.control}/end"
    rows = (
        ("GET", '<a href="/status"><code>/status</code></a>', "What is served, and whether a batch is under way."),
        ("POST", "<code>/begin</code>", "Restart the market's clock and start a log; change latency and faults."),
        ("POST", "<code>/end</code>", "The log of the batch: its counters, and a row for each request."),
    )
    table = "\n".join(f'<tr><th scope="row">{verb} {path}</th><td>{says}</td></tr>' for verb, path, says in rows)
    sections = (
        f"<h2>What it answers</h2>\n<table>\n{table}\n</table>\n"
        f"<h2>Bracket a batch</h2>\n<pre><code>{escape(begin)}\n{escape(end)}</code></pre>"
    )
    return "Control port", about, sections


def _ports(served: Served, name: str | None) -> str:
    ports: list[tuple[str | None, str, str]] = [
        (one.name, one.title, served.origins[one.name]) for one in served.exchanges if one.name in served.origins
    ]
    ports.append((None, "Control", served.control))
    return "\n".join(
        f'<b aria-current="page">{escape(title)}</b>'
        if port == name
        else f'<a href="{escape(at)}/">{escape(title)}</a>'
        for port, title, at in ports
    )


def _facts(served: Served, name: str | None) -> str:
    faults = [str(entry) for entry in served.faults.entries if name is None or entry.exchange in (None, name)]
    limits = "enforced" if served.limited else "counted for the headers, not enforced"
    if served.time_scale != 1:
        limits += f"; a minute of theirs lasts {60 / served.time_scale:.3g} s"
    facts = {
        "Latency": str(served.latency if name is None else served.latency.of(name)),
        "Faults": ",".join(faults) or "none",
        "Rate limits": limits,
    }
    if name is not None:
        exchange = served.named(name)
        facts = {"Markets": f"{len(exchange.instruments):,}", **facts}
        facts["Rate limits"] += _spent(exchange)
    entries = "\n".join(
        f"<div><dt>{what}</dt><dd>{_breakable(safe(fact, 400))}</dd></div>" for what, fact in facts.items()
    )
    return f'<dl class="facts">\n{entries}\n</dl>'


def _breakable(text: str) -> str:
    """Escaped, and free to continue on the next line after a comma."""
    return escape(text).replace(",", ",<wbr>")


def _spent(exchange: Exchange) -> str:
    charge = exchange.charge_for(exchange.request_for(exchange.instruments[0].pair))
    if charge is None:
        return ""
    limit = charge.limit
    span = f"{limit.per_s:g} s"
    back = f"all of which comes back every {span}" if limit.window else f"which comes back evenly within {span}"
    return f"; a quote spends {charge.weight:,} of {limit.capacity:,}, {back}"


def _headers(style: str) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


@cache
def _style() -> str:
    return (files("mock_server") / "page.css").read_text(encoding="utf-8")


def _web(url: str) -> str:
    """An address that a link may lead to; a guest's may be anything."""
    return url if url.startswith(("https://", "http://")) else "about:blank"


_HEADERS_TABLE: Final = """<table>
<tr><th scope="row"><code>X-Fetchrace-Request: 12</code></th><td>Numbers the request within its batch. Its delay and its
faults are drawn for that number (<code>12.1</code>: for its first repetition), so that each client faces the same
draws in whatever order it asks. Without it requests are numbered per market as they come.</td></tr>
<tr><th scope="row"><code>X-Fetchrace-Chunked: 1</code></th><td>Sends the body in chunks instead of with its
length.</td></tr>
</table>"""
