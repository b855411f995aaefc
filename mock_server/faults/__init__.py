"""The catalogue of faults: one small unit for each named way in which an answer can go wrong.

    catalogue                                 name to Fault; ``python -m mock_server.faults`` prints it
    Faults.parse("kraken:429@0.02", names)    which of them strike where, and how often
    kind_on("kraken", fault)                  what every strategy must say of one

The families: ``ends`` and ``stalls`` (connections), ``lengths`` and ``chunks`` (framing), ``heads``, ``sizes``,
``encodings``, ``redirects``, ``statuses``, ``refusals`` (an exchange's own words), ``texts`` (JSON and its characters),
``prices``, ``times``, ``certificates``.
"""

from __future__ import annotations

from mock_server.faults.families import catalogue
from mock_server.faults.refusals import kind_on
from mock_server.faults.specification import Entry, Faults

__all__ = ["Entry", "Faults", "catalogue", "kind_on"]
