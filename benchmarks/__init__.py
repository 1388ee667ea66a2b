"""Comparisons with what people would use instead, one command each: `twolevers bench NAME` (see README.md).

Each bench module has `rows(options) -> list[dict]`; may import all of `twolevers`, which never imports it at start.
"""

NAMES = ("train", "answer", "retrieve", "lesson")
EXTRA = 'pip install "twolevers[bench]"'
