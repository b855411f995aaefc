"""How much memory the C library has handed out: what a leak below Python would make grow.

Resident memory also has the holes between: it keeps the highest mark of a minute in which many large bodies met.
"""

from __future__ import annotations

import ctypes


class _Mallinfo2(ctypes.Structure):
    """``struct mallinfo2`` of mallinfo2(3), glibc 2.33 and later."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


def heap_bytes() -> int:
    """Bytes in use by malloc, mapped ones included; 0 where the C library does not tell."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except (OSError, AttributeError):
        return 0
    mallinfo2.restype = _Mallinfo2
    told = mallinfo2()
    return int(told.uordblks + told.hblkhd)
