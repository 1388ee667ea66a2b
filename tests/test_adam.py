"""Our Adam against torch's: the same parameters after the same gradients."""

import subprocess
import sys

import pytest
import torch

from twolevers.models.native.adam import Adam


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_the_same_steps_as_torch(scale):
    torch.manual_seed(3)
    ours, gradients = torch.randn(29), torch.zeros(29)
    theirs = ours.clone().requires_grad_()
    adam, reference = Adam(ours, gradients), torch.optim.Adam([theirs], lr=1.0)
    for step in range(8):
        rate = 0.1 / (step + 1)
        gradients += scale * torch.randn(29)
        theirs.grad = gradients.clone()
        torch.nn.utils.clip_grad_norm_([theirs], 1.0)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        adam.step(rate)
        assert not gradients.any()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-4, atol=1e-6)


def test_a_step_does_not_import_the_compiler():
    code = (
        "import sys, torch; from twolevers.models.native.adam import Adam; "
        "Adam(torch.ones(3), torch.ones(3)).step(0.1); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
