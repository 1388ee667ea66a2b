"""Memory that is free inside the process, given back to the machine."""

import ctypes


def give_back() -> None:
    """Return freed memory after a large step. glibc (Linux) keeps it otherwise; elsewhere there is nothing to do.

    Tensors are freed when the last name for them goes: no search for cycles, which takes a fifth of a second here.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
