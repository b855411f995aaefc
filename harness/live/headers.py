"""Headers that every answer of the live page carries, the refusals included.

The page may run our script and show our style, both fetched from here, and speak to this server; nothing inline, and
nothing from or to anywhere else. Nobody may frame it, read it from another origin, or learn who serves it. There is no
Access-Control header at all: no other origin is let in.
"""

from __future__ import annotations

from typing import Final

POLICY: Final = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src data:",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
))  # fmt: skip

ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "fetchrace",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
