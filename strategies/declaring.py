"""A decorator with which a strategy says what it declares of itself.

    @declares(in_flight=1)
    @contextmanager
    def sequential(limits, decode): ...

A strategy without it has the defaults of ``Declares``: as many in flight as asked, connections re-used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from strategies.strategy import Declares

_Function = TypeVar("_Function", bound=Callable[..., Any])


def declares(
    *, in_flight: int | None = None, reuse: bool = True, max_in_flight: int | None = None
) -> Callable[[_Function], _Function]:
    """Attach ``Declares(...)`` to the strategy below; the arguments are those of Declares."""

    def attach(strategy: _Function) -> _Function:
        # Through vars(), because a type checker knows no attributes of a function.
        vars(strategy)["declares"] = Declares(in_flight, reuse, max_in_flight)
        return strategy

    return attach
