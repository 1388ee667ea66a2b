"""One folder a lesson, named by its notebook's stem without the number, with all of its code: what it measures, tables,
figures, claims, the checks of its exercise. `common` holds what lessons share, `registry` a row a lesson.

May import: `data` to `cost`, `learn`, and `errors`, `paths`, `cache`.
"""
