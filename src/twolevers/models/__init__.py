"""The models on disk and in memory: language models behind one door (`api`), LoRA, embedders.

May import from `twolevers.data`, and from `cache`, `errors` and `paths`.
"""
