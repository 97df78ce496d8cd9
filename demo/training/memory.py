"""Give memory that nobody uses back to the system."""

from __future__ import annotations

import ctypes


def trim() -> None:
    """Return the free memory of this process to the system, where the C library can (glibc on Linux).

    A training allocates and frees tensors of many sizes. What stays in use between them keeps the C library from
    returning the rest by itself.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):  # another C library
        return
