"""Units of measure and money: how they are spelt, what they measure, and their size in the kind's base unit."""

import re
from fractions import Fraction

# kind -> {size in the kind's base unit: spellings}. A size is exact, so 0.1 kW and 100 W are equal.
_TABLE: dict[str, dict[str, str]] = {
    "watt": {
        "1/1000": "milliwatt|milliwatts",
        "1": "w|watt|watts",
        "1000": "kw|kilowatt|kilowatts",
        "1000000": "mw|megawatt|megawatts",
        "1000000000": "gw|gigawatt|gigawatts",
    },
    "watt hour": {
        "1": "wh|watt hour|watt hours",
        "1000": "kwh|kilowatt hour|kilowatt hours|kilowatt-hour|kilowatt-hours",
        "1000000": "mwh|megawatt hour|megawatt hours",
    },
    "decibel": {"1": "db|dba|db(a)|decibel|decibels"},
    "gram": {
        "1/1000000": "μg|mcg|microgram|micrograms",
        "1/1000": "mg|milligram|milligrams",
        "1": "g|gram|grams|gramme|grammes|gramm",
        "1000": "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramme|kilogrammes|kilogramm|公斤|千克|キログラム|キロ",
        "1000000": "t|ton|tons|tonne|tonnes|tonnen",
        "45359237/100000": "lb|lbs",
        "28349523125/1000000000": "oz|ounce|ounces",
    },
    "metre": {
        "1/1000000000": "nm|nanometre|nanometres|nanometer|nanometers",
        "1/1000000": "μm|micron|microns|micrometre|micrometres|micrometer|micrometers",
        "1/1000": "mm|millimetre|millimetres|millimeter|millimeters",
        "1/100": "cm|centimetre|centimetres|centimeter|centimeters|zentimeter|厘米",
        "1": "m|metre|metres|meter|meters|metern|mètre|mètres|metro|metros|метр|метра|метров|米|メートル|미터",
        "1000": "km|kilometre|kilometres|kilometer|kilometers|km/h|kmh|kph|公里",
        "3048/10000": "ft|foot|feet",
        "254/10000": "inch|inches|″",
        "9144/10000": "yd|yard|yards",
        "1609344/1000": "mile|miles|mph",
    },
    "square metre": {
        "1": "m2|sqm|qm|square metre|square metres|square meter|square meters|平方米",
        "10000": "ha|hectare|hectares",
    },
    "cubic metre": {"1": "m3|cubic metre|cubic metres|cubic meter|cubic meters"},
    "litre": {
        "1/1000": "ml|millilitre|millilitres|milliliter|milliliters",
        "1/100": "cl|centilitre|centilitres",
        "1/10": "dl|decilitre|decilitres",
        "1": "l|litre|litres|liter|liters|litern|升|リットル|리터",
        "3785411784/1000000000": "gal|gallon|gallons",
    },
    # Durations in the plural forms of CLDR, and in the cases that stand after a preposition.
    "second": {
        "1/1000": "ms|msec|millisecond|milliseconds",
        "1": "s|sec|secs|second|seconds|sekunde|sekunden|seconde|secondes|segundo|segundos|secondo|secondi|seconden"
        "|секунда|секунды|секунд|秒|秒钟|秒鐘|秒間|초|सेकंड|saniye",
        "60": "min|mins|minute|minutes|minuten|minuto|minutos|minuti|minuut|минута|минуты|минут|分|分钟|分鐘"
        "|分間|분|मिनट"
        "|dakika|دقيقة|دقائق",
        "3600": "h|hr|hrs|hour|hours|std|stunde|stunden|heure|heures|hora|horas|ora|ore|uur|час|часа|часов|時間"
        "|小时|小時"
        "|시간|घंटा|घंटे|saat|ساعة|ساعات",
        "86400": "day|days|tag|tage|tagen|jour|jours|día|días|dia|dias|giorno|giorni|dag|dagen|dagar|dage|день|дня|дней"
        "|dni|dzień|天|日|日間|일|दिन|gün|يوم|أيام|يوما",
        "604800": "week|weeks|woche|wochen|semaine|semaines|semana|semanas|settimana|settimane|weken|неделя"
        "|недели|недель"
        "|週間|週|周|주|주일|सप्ताह|हफ्ते|hafta|أسبوع|أسابيع",
    },
    "month": {
        "1": "month|months|monat|monate|monaten|mois|mes|meses|mês|mese|mesi|maand|maanden|месяц|месяца|месяцев|miesiąc"
        "|miesiące|miesięcy|个月|個月|箇月|か月|ヶ月|カ月|ヵ月|ケ月|개월|महीना|महीने|ay|شهر|أشهر|شهرا",
        "12": "year|years|yr|yrs|jahr|jahre|jahren|an|ans|année|années|año|años|ano|anos|anno|anni|jaar|år|год|года|лет"
        "|rok|lata|lat|年|年間|년|वर्ष|साल|yıl|سنة|سنوات",
    },
    "byte": {
        "1000": "kb|kilobyte|kilobytes",
        "1000000": "mb|megabyte|megabytes",
        "1000000000": "gb|gigabyte|gigabytes",
        "1000000000000": "tb|terabyte|terabytes",
    },
    "bit": {
        "1000": "kbit|kbits|kbps|kilobit|kilobits",
        "1000000": "mbit|mbits|mbps|megabit|megabits",
        "1000000000": "gbit|gbits|gbps|gigabit|gigabits",
    },
    "fahrenheit": {"1": "°f|degrees fahrenheit|degrees f|fahrenheit"},
    "degree": {"1": "°c|°|deg c|degree|degrees|degree celsius|degrees celsius|degrees c|celsius"},
    "volt": {"1/1000": "mv|millivolt|millivolts", "1": "v|volt|volts", "1000": "kv|kilovolt|kilovolts"},
    "ampere": {"1/1000": "ma|milliampere|milliamperes|milliamp|milliamps", "1": "amp|amps|ampere|amperes"},
    "ampere hour": {"1/1000": "mah|milliampere hours", "1": "ah|ampere hours|amp hours"},
    "hertz": {
        "1": "hz|hertz",
        "1000": "khz|kilohertz",
        "1000000": "mhz|megahertz",
        "1000000000": "ghz|gigahertz",
    },
    "calorie": {"1": "kcal|kilocalorie|kilocalories"},
    "joule": {"1": "j|joule|joules", "1000": "kj|kilojoule|kilojoules"},
    "piece": {"1": "pc|pcs|piece|pieces|stk|stück"},
    "rpm": {"1": "rpm|r/min|rev/min|revolutions per minute"},
    "bar": {"1": "bar|bars"},
    "pascal": {
        "1": "pa|pascal|pascals",
        "100": "hpa",
        "1000": "kpa|kilopascal|kilopascals",
        "1000000": "mpa|megapascal|megapascals",
    },
    "psi": {"1": "psi"},
    "lumen": {"1": "lm|lumen|lumens"},
    "percent": {
        "1/10": "‰|per mille|permille|promille",
        "1": "%|percent|per cent|prozent|pour cent|por ciento|per cento|процент|процента|процентов|퍼센트|パーセント",
    },
    "euro": {"1": "€|eur|euro|euros|欧元|歐元|ユーロ|유로|евро"},
    "pound": {"1": "£|gbp|pound|pounds"},
    "dollar": {"1": "$|us$|usd|dollar|dollars|us dollars|美元|ドル|달러"},
    "krone": {"1": "kr|nok|krone|kroner|crown|crowns"},
    "yen": {"1": "¥|jpy|yen|円"},
    "rupee": {"1": "₹|inr|rs|rupee|rupees|रुपये|रुपए|रुपया"},
    "won": {"1": "₩|krw|won|원"},
    "yuan": {"1": "cny|rmb|yuan|元|人民币"},
    "rouble": {"1": "₽|rub|rouble|roubles|ruble|rubles|руб|рубль|рубля|рублей"},
    "zloty": {"1": "zł|pln|zloty|zlotys|złoty|złotych"},
    "koruna": {"1": "kč|czk|koruna|korun"},
    "lira": {"1": "₺|tl|lira"},
    "real": {"1": "r$|brl|real|reais"},
    "cent": {"1": "ct|cent|cents|¢"},
    "franc": {"1": "chf|franc|francs"},
}
UNITS = {
    spelling: (kind, Fraction(size))
    for kind, sizes in _TABLE.items()
    for size, spellings in sizes.items()
    for spelling in spellings.split("|")
}
DURATIONS = frozenset({"second", "month"})
BEFORE = (  # what may stand before its number
    r"€|£|us\$|r\$|\$|¥|₹|₩|₽|₺|(?:eur|gbp|usd|nok|jpy|inr|rs\.?|krw|chf|cny|rmb|rub|pln|czk|brl)\s"
)


def pattern(kinds: frozenset[str] | None = None) -> str:
    """A regular expression for the units of these kinds (None: all), the longest spelling first."""
    fit = [unit for unit, (kind, _) in UNITS.items() if kinds is None or kind in kinds]
    return "(?:" + "|".join(re.escape(unit) for unit in sorted(fit, key=len, reverse=True)) + ")"
