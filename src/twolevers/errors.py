"""What a user did that cannot work, said in one line: what, where, what to do."""


class TwoLeversError(Exception):
    """The run failed for a reason the user can act on. The command line prints it without a trace-back."""

    exit_code = 1


class UsageError(TwoLeversError):
    """The call or the data cannot be used; nothing was run."""

    exit_code = 2
