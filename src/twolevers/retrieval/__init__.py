"""From documents to passages: chunking, the store (LanceDB), search (dense, BM25, hybrid).

May import from `twolevers.data` and `twolevers.models`, and from `errors` and `paths`.
"""
