"""What makes an answer right, one module a kind of score; `evaluate.run` is handed one.

May import from the rest of `evaluate` but `run`."""
