"""The models on disk and in memory: weights, language model, LoRA, embedder.

May import from `twolevers.data`, and from `errors` and `paths`.
"""
