"""Two Levers: fine-tuning or RAG, answered by measurements taken on your own machine.

Follows the data's way: data, models, retrieval, arms, evaluate, cost, experiments, learn, decide, bakeoff,
publish, cli. Each folder may import only from those before it.
"""

__version__ = "0.1.0"
