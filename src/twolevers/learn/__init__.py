"""What the learner touches: predict, quiz, check, progress, ledger, show. One import line per notebook.

Knows no lesson. May import: `data` to `cost`. The functions are bound eagerly, on purpose: `quiz` is also the
name of a module, and a lazy export would give one or the other, depending on what was imported first.
"""

from twolevers.learn.check import check
from twolevers.learn.predict import predict, predict_choice, reveal
from twolevers.learn.progress import overview
from twolevers.learn.quiz import mixed_quiz, quiz
from twolevers.learn.show import show, table

__all__ = ["Ledger", "check", "export_progress", "import_progress", "mixed_quiz", "overview", "predict"]
__all__ += ["predict_choice", "quiz", "reveal", "show", "table"]


def __getattr__(name: str) -> object:
    if name == "Ledger":
        from twolevers.learn.ledger import Ledger

        return Ledger
    if name in ("export_progress", "import_progress"):
        from twolevers.learn import progress_file

        return getattr(progress_file, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
