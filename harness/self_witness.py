"""What a worker can tell of itself: the terms on which it went to the network, and the place it was given."""

from __future__ import annotations

from typing import Any


def terms() -> dict[str, Any]:
    """What would make one client take another road than the next: names of the environment's variables that clients
    read, and the libraries that are really loaded, with the versions that they say themselves. Asked when all is done,
    so that what a strategy loads late is in it."""
    return {}


def place() -> dict[str, Any]:
    """What was drawn for this worker: hash seed, amount of padding in the environment, length of the folder's name."""
    return {}
