"""What a user did that cannot work, said in one line: what, where, what to do."""


class TwoLeversError(Exception):
    """The run failed for a reason the user can act on. The command line prints it without a trace-back."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """What IPython prints for it in a notebook: the one line."""
        return [str(self)]


class UsageError(TwoLeversError):
    """The call or the data cannot be used; nothing was run."""

    exit_code = 2
