"""Two Levers: fine-tuning or RAG, answered by measurements taken on your own machine.

Follows the data's way: data, models, retrieval, arms, evaluate, cost, learn, lessons, decide, bakeoff,
publish, cli. Each folder may import only from those before it.
"""

import os

from twolevers.models.memory import few_arenas

few_arenas()  # before the threads that would each have their own
# Read once, when torch is loaded. Threads that wait for each other by spinning make a training beside one busy program
# six times slower than threads that sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Products that oneDNN keeps compiled. The engine meets few shapes (`native.packing`): all of a lesson fit, while
# the default of 1024 would keep hundreds of MB of what is never met again.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")

__version__ = "0.1.0"
