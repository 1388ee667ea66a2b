"""The course's tables and a learner's own: documents, questions, claims, published results; loaded and validated.

May import only `twolevers.errors` and `twolevers.paths`."""
