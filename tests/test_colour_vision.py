"""Arms in figures, as people see them who lack one kind of cone: apart in colour, or by another sign."""

import itertools

import numpy as np
import pytest

from twolevers.arms.registry import ROWS
from twolevers.lessons.common.style import ARM_STYLE

# Machado, Oliveira, Fernandes: "A physiologically-based model for simulation of color vision deficiency", 2009,
# severity 1.0, on linear RGB.
MISSING = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# sRGB to XYZ (IEC 61966-2-1) and its white.
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
TOLD_APART = 10  # CIE76 distance; about 2 is just noticed side by side


def lab(color: str, kind: str | None) -> np.ndarray:
    """CIELAB of an sRGB colour ("#RRGGBB"), as seen without the cone that `kind` names."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if kind:
        linear = np.clip(np.array(MISSING[kind]) @ linear, 0, 1)
    ratio = XYZ @ linear / XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_scale_is_cielab():
    assert lab("#FFFFFF", None) == pytest.approx([100, 0, 0], abs=0.02)
    assert lab("#FF0000", None) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@pytest.mark.parametrize("kind", MISSING)
def test_grey_stays_grey(kind):
    assert lab("#808080", kind)[1:] == pytest.approx([0, 0], abs=0.5)


@pytest.mark.parametrize("kind", [None, *MISSING])
def test_every_two_arms_differ_in_colour_whoever_looks(kind):
    near = [
        (one.name, other.name, round(float(distance), 1))
        for one, other in itertools.combinations(ROWS, 2)
        if (distance := np.linalg.norm(lab(one.color, kind) - lab(other.color, kind))) < TOLD_APART
    ]
    assert near == []


def test_every_two_arms_differ_in_mark_and_hatch_whatever_the_colour():
    for one, other in itertools.combinations(ARM_STYLE.values(), 2):
        assert one.marker != other.marker and one.hatch != other.hatch, (one.label, other.label)
        assert one.label != other.label
