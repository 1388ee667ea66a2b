"""Our Adam against torch's: the same parameters after the same gradients."""

import subprocess
import sys

import pytest
import torch

from twolevers.models.adam import Adam


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_the_same_steps_as_torch(scale):
    torch.manual_seed(3)
    ours = [torch.randn(4, 5).requires_grad_(), torch.randn(7).requires_grad_(), torch.randn(2).requires_grad_()]
    theirs = [each.detach().clone().requires_grad_() for each in ours]
    adam, reference = Adam(ours), torch.optim.Adam(theirs, lr=1.0)
    for step in range(8):
        rate = 0.1 / (step + 1)
        for a, b in zip(ours[:2], theirs[:2], strict=True):  # the third never has a gradient
            a.grad = scale * torch.randn(a.shape)
            b.grad = a.grad.clone()
        torch.nn.utils.clip_grad_norm_(theirs, 1.0)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        adam.step(rate)
        assert all(each.grad is None for each in ours)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_a_step_does_not_import_the_compiler():
    code = (
        "import sys, torch; from twolevers.models.adam import Adam; p = torch.ones(3, requires_grad=True); "
        "(p * p).sum().backward(); Adam([p]).step(0.1); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
