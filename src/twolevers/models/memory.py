"""Memory that is free inside the process, given back to the machine."""

import ctypes
import gc


def give_back() -> None:
    """Return freed memory after a large step. glibc (Linux) keeps it otherwise; elsewhere there is nothing to do."""
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
