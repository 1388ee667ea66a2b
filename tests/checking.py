"""What the tests of exercise checks share."""

import pytest

from twolevers.learn.check import CheckFailed


def hint(check, *values):
    """The one line that a failed check says."""
    with pytest.raises(CheckFailed) as caught:
        check(*values)
    message = str(caught.value)
    assert "\n" not in message
    return message
