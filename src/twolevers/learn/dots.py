"""Values with their intervals, drawn as one small SVG that follows the page's colours."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

_PLOT, _ROW = 320, 34  # width of the plot and height of a row, in SVG units


@dataclass(frozen=True)
class Dot:
    """One row: a value, with or without its interval; `guess` draws a diamond in place of a disc."""

    label: str
    value: float
    interval: tuple[float, float] | None = None
    guess: bool = False

    def words(self, unit: str = "") -> str:
        """What the row says: `0.70 [0.55, 0.82]`."""
        if self.interval is None:
            return number(self.value, unit)
        numbers = (self.value, *self.interval)
        places = max(_places(one) for one in numbers)
        value, low, high = (f"{one:,.{places}f}".replace("-", "−") for one in numbers)
        return f"{value} [{low}, {high}]{f' {unit}' if unit else ''}"


def number(value: float, unit: str = "") -> str:
    """`value` as prose shows it: at most four significant figures, a real minus sign, the unit after a space."""
    shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{shown.replace('-', '−')} {unit}".rstrip()


def dots(rows: list[Dot], low: float, high: float, title: str, unit: str = "") -> str:
    """SVG of `rows` on one axis from `low` to `high` (in `unit`). Its label says in words all that it shows."""
    left = 18 + 9 * max(len(row.label) for row in rows)  # a generous width: nothing may be cut off
    values = 24 + 9 * max(len(row.words(unit)) for row in rows)
    width, axis = left + _PLOT + values, len(rows) * _ROW + 4
    ends = (min(low, *(row.value for row in rows)), max(high, *(row.value for row in rows)))
    x = _scale(left, *ends)
    said = "; ".join(f"{row.label}: {row.words(unit)}" for row in rows)
    parts = [
        '<div style="overflow-x:auto">'
        f'<svg role="img" aria-label="{escape(f"{title}: {said}.")}" viewBox="0 0 {width} {axis + 26}" '
        f'style="display:block;width:100%;min-width:26em;max-width:{width}px;height:auto;'
        'color:var(--jp-content-font-color1,inherit)" font-family="inherit" font-size="14" fill="currentColor">',
        f'<line x1="{left}" x2="{left + _PLOT}" y1="{axis}" y2="{axis}" stroke="currentColor"/>',
    ]
    for tick in (low, (low + high) / 2, high):
        parts.append(f'<line x1="{x(tick)}" x2="{x(tick)}" y1="{axis}" y2="{axis + 5}" stroke="currentColor"/>')
        parts.append(f'<text x="{x(tick)}" y="{axis + 20}" text-anchor="middle">{number(tick)}</text>')
    for i, row in enumerate(rows):
        y = i * _ROW + _ROW // 2
        parts.append(f'<text x="{left - 14}" y="{y + 5}" text-anchor="end">{escape(row.label)}</text>')
        parts.append(_mark(row, y, x, ends))
        parts.append(f'<text x="{left + _PLOT + 14}" y="{y + 5}">{escape(row.words(unit))}</text>')
    return "".join(parts) + "</svg></div>"


def _scale(left: float, low: float, high: float) -> Callable[[float], float]:
    span = (high - low) or 1.0
    return lambda value: round(left + 10 + (_PLOT - 20) * (value - low) / span, 1)


def _mark(row: Dot, y: int, x: Callable[[float], float], ends: tuple[float, float]) -> str:
    at = x(row.value)
    if row.guess:
        return f'<path d="M{at} {y - 8}l8 8l-8 8l-8-8z" fill="none" stroke="currentColor" stroke-width="2.5"/>'
    disc = f'<circle cx="{at}" cy="{y}" r="6.5"/>'
    if row.interval is None:
        return disc
    a, b = (x(min(max(end, ends[0]), ends[1])) for end in row.interval)
    whisker = f"M{a} {y - 6}v12M{b} {y - 6}v12M{a} {y}H{b}"
    return f'<path d="{whisker}" fill="none" stroke="currentColor" stroke-width="2"/>{disc}'


def _places(value: float) -> int:
    """Decimals that `value` needs, at most three."""
    return next((n for n in range(3) if abs(round(value, n) - value) < 0.0005), 3)
