"""How much n items can show: the smallest difference for an n, and the n for a difference."""

import math

from scipy import stats

from twolevers.errors import UsageError


def resolution(
    n: int, discordant: float = 0.5, *, level: float = 0.95, power: float = 0.8, design_effect: float = 1.0
) -> float:
    """Smallest paired difference of two shares that n items show with the given power; inf where none can.

    Solves n δ² = (z₁₋α⸝₂ √ψ + z_power √(ψ − δ²))² for δ, where ψ is the share of discordant pairs (Connor
    1987, Biometrics 43, 207-211). δ cannot exceed ψ. The default ψ = 0.5 is that of two unrelated arms, each
    right half of the time; a measured share is better. n is divided by the design effect.
    """
    if n < 0 or not 0 <= discordant <= 1 or design_effect < 1:
        raise UsageError(f"resolution: n {n}, discordant {discordant}, design effect {design_effect} is impossible.")
    size = n / design_effect
    z_level, z_power = (float(stats.norm.ppf(q)) for q in ((1 + level) / 2, power))
    reach = z_level * math.sqrt(discordant)
    inside = reach**2 * size - (size + z_power**2) * (reach**2 - z_power**2 * discordant)
    if size == 0 or discordant == 0 or inside < 0:
        return math.inf
    smallest = (reach * math.sqrt(size) + math.sqrt(inside)) / (size + z_power**2)
    return smallest if smallest <= discordant else math.inf


def needed(
    difference: float, discordant: float = 0.5, *, level: float = 0.95, power: float = 0.8, design_effect: float = 1.0
) -> int:
    """Items that show a paired difference of two shares with the given power: `resolution`, solved for n."""
    if not 0 < difference <= discordant <= 1 or design_effect < 1:
        raise UsageError(
            f"needed: difference {difference}, discordant {discordant}, design effect {design_effect} is impossible."
        )
    z_level, z_power = (float(stats.norm.ppf(q)) for q in ((1 + level) / 2, power))
    root = z_level * math.sqrt(discordant) + z_power * math.sqrt(discordant - difference**2)
    return math.ceil(design_effect * (root / difference) ** 2)
