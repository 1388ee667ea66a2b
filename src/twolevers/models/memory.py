"""Memory that is free inside the process, given back to the machine."""

import ctypes

ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
ARENAS = 2
# Before a kernel starts the same can be said to all of its threads: lesson 04 then takes 1.7 instead of 2 GiB.
KERNEL = {"MALLOC_ARENA_MAX": str(ARENAS)}


def give_back() -> None:
    """Return freed memory after a large step. glibc (Linux) keeps it otherwise; elsewhere there is nothing to do.

    Tensors are freed when the last name for them goes: no search for cycles, which takes a fifth of a second here.
    """
    _libc("malloc_trim", 0)


def few_arenas() -> None:
    """Let new threads share two of glibc's arenas from now on; elsewhere there is nothing to do.

    By default each thread has its own and keeps what it once held: half a gigabyte after a search of 100,000 vectors.
    """
    _libc("mallopt", ARENA_MAX, ARENAS)


def _libc(name: str, *arguments: int) -> None:
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    function(*arguments)
