"""Competitors that take milliseconds, for tests of how benches are run."""

import os
import time


class Sleeper:
    """Sleeps for `seconds` a piece of work, and answers with the work and its process."""

    def __init__(self, seconds: float = 0.0):
        self.seconds = seconds

    def run(self, work):
        time.sleep(self.seconds)
        return work

    def keep(self, result):
        return {"work": result, "process": os.getpid(), "threads": os.environ["OMP_NUM_THREADS"]}


class Broken:
    """Cannot be loaded."""

    def __init__(self):
        raise ImportError("libfast.so: no such file")


class Dying(Sleeper):
    """Its process ends in the middle of the work."""

    def run(self, work):
        os._exit(3)
