"""Units of measure and money: how they are spelt, what they measure, and their size in the kind's base unit."""

import re
from fractions import Fraction

# kind -> {size in the kind's base unit: spellings}. A size is exact, so 0.1 kW and 100 W are equal.
_TABLE: dict[str, dict[str, str]] = {
    "watt": {"1": "w|watt|watts", "1000": "kw|kilowatt|kilowatts"},
    "watt hour": {
        "1": "wh|watt hour|watt hours",
        "1000": "kwh|kilowatt hour|kilowatt hours|kilowatt-hour|kilowatt-hours",
    },
    "decibel": {"1": "db|dba|db(a)|decibel|decibels"},
    "gram": {
        "1": "g|gram|grams|gramme|grammes",
        "1000": "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramme|kilogrammes",
    },
    "metre": {
        "1/1000": "mm|millimetre|millimetres|millimeter|millimeters",
        "1/100": "cm|centimetre|centimetres|centimeter|centimeters",
        "1": "m|metre|metres|meter|meters",
        "1000": "km|kilometre|kilometres|kilometer|kilometers",
        "3048/10000": "ft|foot|feet",
        "1609344/1000": "mile|miles",
    },
    "square metre": {"1": "m2|sqm|square metre|square metres|square meter|square meters"},
    "cubic metre": {"1": "m3|cubic metre|cubic metres|cubic meter|cubic meters"},
    "litre": {
        "1/1000": "ml|millilitre|millilitres|milliliter|milliliters",
        "1/100": "cl|centilitre|centilitres",
        "1/10": "dl|decilitre|decilitres",
        "1": "l|litre|litres|liter|liters",
    },
    "second": {
        "1": "s|sec|secs|second|seconds",
        "60": "min|mins|minute|minutes",
        "3600": "h|hr|hrs|hour|hours",
        "86400": "day|days",
        "604800": "week|weeks",
    },
    "month": {"1": "month|months", "12": "year|years|yr|yrs"},
    "byte": {
        "1000000": "mb|megabyte|megabytes",
        "1000000000": "gb|gigabyte|gigabytes",
        "1000000000000": "tb|terabyte|terabytes",
    },
    "fahrenheit": {"1": "°f|degrees fahrenheit|degrees f|fahrenheit"},
    "degree": {"1": "°c|°|deg c|degree|degrees|degree celsius|degrees celsius|degrees c|celsius"},
    "volt": {"1": "v|volt|volts"},
    "ampere": {"1": "amp|amps|ampere|amperes"},
    "hertz": {"1": "hz|hertz", "1000": "khz|kilohertz"},
    "rpm": {"1": "rpm|r/min|rev/min|revolutions per minute"},
    "bar": {"1": "bar|bars"},
    "pascal": {"1": "pa|pascal|pascals", "1000": "kpa|kilopascal|kilopascals"},
    "lumen": {"1": "lm|lumen|lumens"},
    "percent": {"1": "%|percent|per cent"},
    "euro": {"1": "€|eur|euro|euros"},
    "pound": {"1": "£|gbp|pound|pounds"},
    "dollar": {"1": "$|usd|dollar|dollars"},
    "krone": {"1": "kr|nok|krone|kroner|crown|crowns"},
    "yen": {"1": "¥|jpy|yen|円"},
    "rupee": {"1": "₹|inr|rupee|rupees"},
    "won": {"1": "₩|krw|won|원"},
    "franc": {"1": "chf|franc|francs"},
}
UNITS = {
    spelling: (kind, Fraction(size))
    for kind, sizes in _TABLE.items()
    for size, spellings in sizes.items()
    for spelling in spellings.split("|")
}
DURATIONS = frozenset({"second", "month"})
BEFORE = r"€|£|\$|¥|₹|₩|(?:eur|gbp|usd|nok|jpy|inr|krw|chf)\s"  # what may stand before its number


def pattern(kinds: frozenset[str] | None = None) -> str:
    """A regular expression for the units of these kinds (None: all), the longest spelling first."""
    fit = [unit for unit, (kind, _) in UNITS.items() if kinds is None or kind in kinds]
    return "(?:" + "|".join(re.escape(unit) for unit in sorted(fit, key=len, reverse=True)) + ")"
