"""Lesson 06, many adapters: what a tuned model for each customer takes in memory, merged and beside one base model."""

import pandas as pd

from twolevers.models.api import LanguageModel, Training

CUSTOMERS = (1, 10, 100)
BYTES = {"weights": 2, "adapter": 4}  # a number of the base model in 16 bits, one of an adapter in 32


def weights(model: LanguageModel) -> int:
    """Numbers in the model's layers and embeddings."""
    decoder = model.decoder
    layers = sum(value.numel() for layer in decoder.layers for value in vars(layer).values() if value is not None)
    return layers + decoder.embedding.numel()


def many_adapters(model: LanguageModel, training: Training) -> pd.DataFrame:
    """Megabytes to serve so many tuned models: each merged into weights of its own, or all beside one base model.

    Computed from the counted numbers times `BYTES`; nothing is loaded. Columns: adapters, merged (MB), beside (MB).
    """
    base, own = weights(model) * BYTES["weights"] / 1e6, training.adapter.parameters * BYTES["adapter"] / 1e6
    rows = [{"adapters": n, "each merged (MB)": n * base, "beside one base (MB)": base + n * own} for n in CUSTOMERS]
    return pd.DataFrame(rows)
