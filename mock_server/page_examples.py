"""How the page tells a program to ask: a few lines for each client that people use, ready to be copied."""

from __future__ import annotations

import json
import shlex
from typing import Final

from exchanges.exchange import Exchange


def examples_for(exchange: Exchange, origin: str, ca_file: str | None = None) -> list[tuple[str, str]]:
    """The client's name, and its lines, against ``origin``; with ``ca_file`` where that is https."""
    pair, target = exchange.instruments[0].pair, exchange.request_for(exchange.instruments[0].pair).target
    url = origin + target
    return [
        ("curl", f"curl -i {f'--cacert {shlex.quote(ca_file)} ' if ca_file else ''}{shlex.quote(url)}"),
        ("requests", _REQUESTS.format(url=_text(url), verify=f", verify={_text(ca_file)}" if ca_file else "")),
        (
            "aiohttp",
            _AIOHTTP.format(
                url=_text(url),
                ssl_import="import ssl\n" if ca_file else "",
                ssl=f", ssl=ssl.create_default_context(cafile={_text(ca_file)})" if ca_file else "",
            ),
        ),
        (
            "ccxt, with nothing but its addresses replaced",
            _CCXT.format(
                name=exchange.name.replace("_", ""),
                ours=_text(origin),
                pair=_text(str(pair)),
                # ccxt has no option for a CA file, but lets requests read this variable if it is told to.
                trust=f'os.environ["REQUESTS_CA_BUNDLE"] = {_text(ca_file)}\n' if ca_file else "",
                trust_env='"requests_trust_env": True, ' if ca_file else "",
                os_import="import os\n" if ca_file else "",
            ),
        ),
    ]


def _text(value: str | None) -> str:
    """A string literal that Python reads as the same text."""
    return json.dumps(value)


_REQUESTS: Final = """\
import requests

print(requests.get({url}{verify}).json())"""

_AIOHTTP: Final = """\
import asyncio
{ssl_import}
import aiohttp


async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get({url}{ssl}) as response:
            print(await response.json())


asyncio.run(main())"""

_CCXT: Final = """\
import json
{os_import}import re

import ccxt

{trust}exchange = ccxt.{name}({{{trust_env}"options": {{"fetchMarkets": {{"types": ["spot"]}}}}}})
urls = json.dumps(exchange.urls["api"])
exchange.urls["api"] = json.loads(re.sub('https://[^/"]+', {ours}, urls))
print(exchange.fetch_ticker({pair}))"""
