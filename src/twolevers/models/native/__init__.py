"""Our own engine: a Llama-family decoder that answers and trains fast on a CPU, each part in view.

May import models/, not the embedders.
"""
