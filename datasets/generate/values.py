"""Values of the attributes: drawn from a seeded generator, unguessable, and the other ways to write them."""

import random
import re

UNITS = {
    "noise_level": "dB",
    "rated_power": "W",
    "weight": "kg",
    "cord_length": "m",
    "care_interval": "days",
    "programme_time": "minutes",
    "guarantee": "months",
    "price": "crowns",
    "width": "cm",
}
# What a model would say without reading: never drawn, nor round numbers.
DEFAULTS = {"care_interval": {7, 10, 14, 21, 28, 30, 45, 60, 90, 120}, "guarantee": {24, 36, 48}}


def unit(attribute: str, category: str, numeric_range: list) -> str:
    """Unit of an attribute; capacity and pressure depend on the kind of appliance."""
    if attribute == "capacity":
        return "kg" if category in ("washer", "dryer") else "litres"
    if attribute == "pressure":
        return numeric_range[3]
    return UNITS[attribute]


def guessable(attribute: str, number: float, step: float) -> bool:
    """Whether a number is one of the round or customary values that a model proposes by itself."""
    round_by = {10: 100, 1: 5, 0.1: 5, 0.01: 10}[step]
    scaled = round(number) if step >= 1 else round(number / step)
    return scaled % round_by == 0 or scaled in DEFAULTS.get(attribute, ())


def number_text(number: float, step: float) -> str:
    """`number` with the decimals of `step`, thousands separated by a comma: 1870 gives 1,870."""
    decimals = {10: 0, 1: 0, 0.1: 1, 0.01: 2}[step]
    return f"{number:,.{decimals}f}"


def draw_numbers(rng: random.Random, attribute: str, limits: list, count: int) -> list[str]:
    """`count` different numbers as text. Siblings stay within a third of the range, so that none stands out."""
    low, high, step = limits[:3]
    steps = round((high - low) / step)
    window = max(count * 3, steps // 3)
    start = rng.randint(0, max(0, steps - window))
    pool = [low + step * i for i in range(start, min(start + window, steps) + 1)]
    pool = [n for n in pool if not guessable(attribute, n, step)]
    return [number_text(n, step) for n in rng.sample(pool, count)]


def draw(rng: random.Random, attribute: str, category: str, limits: list | None, names: dict, count: int) -> list[str]:
    """`count` different values of one attribute for the siblings of one line."""
    if attribute == "colour":
        shades, colours = rng.sample(names["shades"], count), rng.sample(names["colours"], count)
        return [f"{shade} {colour}" for shade, colour in zip(shades, colours, strict=True)]
    if attribute == "assembly_town":
        return rng.sample(names["towns"], count)
    if attribute == "filter_code":
        prefixes = [rng.choice(names["filter_prefixes"]) for _ in range(count)]
        return [f"{p}-{n}" for p, n in zip(prefixes, rng.sample(range(11, 99), count), strict=True)]
    if attribute == "part_code":
        letter = rng.choice("BDFHNRSZ")
        return [f"{letter}{n}" for n in rng.sample(range(131, 989), count)]
    if attribute == "app_channel":
        return [f"{rng.choice(names['channels'])} {n}" for n in rng.sample(range(11, 99), count)]
    if attribute == "guarantee":
        limits = [19, 53, 1]
    numbers = draw_numbers(rng, attribute, limits, count)
    return [f"{number} {unit(attribute, category, limits)}" for number in numbers]


# unit: other spellings of "{n} unit"; n is the number as printed.
SPELLINGS = {
    "dB": ["{n}dB", "{n} decibels"],
    "W": ["{n}W", "{n} watts"],
    "kg": ["{n}kg", "{n} kilograms", "{n} kilos"],
    "litres": ["{n} l", "{n} L", "{n} liters"],
    "m": ["{n}m", "{n} metres", "{n} meters"],
    "cm": ["{n}cm", "{n} centimetres", "{n} centimeters"],
    "minutes": ["{n} min", "{n} mins"],
    "months": ["{n}-month"],
    "days": ["{n}-day"],
    "bar": ["{n} bars"],
    "kPa": ["{n}kPa", "{n} kilopascals"],
}
# unit: (smaller or larger unit, factor, decimals): the same amount said in another unit.
CONVERSIONS = {"W": ("kW", 0.001, 2), "m": ("cm", 100, 0), "cm": ("mm", 10, 0)}


def aliases(value: str) -> list[str]:
    """Accepted spellings of `value`, the canonical one first: '1,870 W' gives also '1870 watts' and '1.87 kW'."""
    found = [value]
    match = re.fullmatch(r"([\d,.]+) (\S+)", value)
    if match and match[2] in SPELLINGS:
        number, name = match[1], match[2]
        for text in dict.fromkeys((number, number.replace(",", ""))):
            found += [f"{text} {name}"] + [form.format(n=text) for form in SPELLINGS[name]]
        plain = float(number.replace(",", ""))
        if name in CONVERSIONS and (name != "W" or plain >= 1000):
            other, factor, decimals = CONVERSIONS[name]
            found.append(f"{plain * factor:.{decimals}f} {other}")
    elif match := re.fullmatch(r"([A-Z]{2})-(\d\d)", value):
        found += [f"{match[1]} {match[2]}", f"{match[1]}{match[2]}"]
    return list(dict.fromkeys(found))
