"""The scripts and the style sheet of the widgets, which lie beside this module."""

from pathlib import Path


def script(*names: str) -> str:
    """The named files as one text, in order."""
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)
