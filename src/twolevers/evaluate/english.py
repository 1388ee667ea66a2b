"""British spellings as American ones, and the abbreviations that stand before a number, so that both are one word."""

import regex

_OUR = "col|fav|flav|harb|hon|lab|neighb|rum|od|hum|vap|arm|behavi|vig|tum|endeav|sav|glam|parl"
_IS = (
    "organ|real|recogn|optim|minim|maxim|util|author|custom|final|summar|apolog|emphas|character|special|general"
    "|standard|synchron|initial|normal|priorit|categor|critic|mobil|steril|local|central|modern|digit|visual|item"
)
_WORDS = {
    **{"centre": "center", "theatre": "theater", "fibre": "fiber", "calibre": "caliber", "grey": "gray"},
    **{"aluminium": "aluminum", "catalogue": "catalog", "dialogue": "dialog", "programme": "program"},
    **{"licence": "license", "defence": "defense", "offence": "offense", "jewellery": "jewelry", "mould": "mold"},
    **{"analyse": "analyze", "paralyse": "paralyze", "tyre": "tire", "kerb": "curb", "plough": "plow"},
}
_FORMS = (
    (regex.compile(rf"\b((?:dis|un|mis)?(?:{_OUR}))our(?=s?\b|ed\b|ing\b|able\b|ite\b|ful\b|less\b|hood\b)"), r"\1or"),
    (regex.compile(rf"\b((?:re|un|de)?(?:{_IS}))is(?=e[sdr]?\b|ing\b|ation)"), r"\1iz"),
    (regex.compile(r"\b(metre|litre)(?=s?\b)"), lambda match: match[1][:-2] + "er"),
    (regex.compile(rf"\b({'|'.join(_WORDS)})(?=s?\b)"), lambda match: _WORDS[match[1]]),
    (regex.compile(r"\b(travel|cancel|label|model|signal|level|fuel)l(?=ed\b|ing\b|er\b)"), r"\1"),
)
_BEFORE_NUMBER = {
    **{"art": "article", "p": "page", "pp": "pages", "ch": "chapter", "chap": "chapter", "sec": "section"},
    **{"vol": "volume", "fig": "figure", "para": "paragraph", "app": "appendix", "kap": "kapitel", "abs": "absatz"},
}
_SHORT = regex.compile(rf"(?<![\w.])({'|'.join(_BEFORE_NUMBER)})\.\s?(?=\d)")
_SECOND = regex.compile(
    r"\bsecond(?= (?:edition|place|floor|quarter|half|world war|century|prize|chapter|generation)\b)"
)
_DECADES = {"fifties": 5, "sixties": 6, "seventies": 7, "eighties": 8, "nineties": 9}
_DECADE = regex.compile(rf"\b(?:the )(?:({'|'.join(_DECADES)})\b|['’]?([5-9])0['’]?s\b)")
_ERAS = (
    (regex.compile(r"(?<=\d )(?:bce|b\.\s?c\.(?:\s?e\.)?)(?!\w)"), "bc"),
    (regex.compile(r"(?<=\d )(?:ce|a\.\s?d\.)(?!\w)"), "ad"),
    (regex.compile(r"\bfy[\s']?(?=(?:19|20)\d\d\b)"), "fiscal year "),
)


def plain_english(text: str) -> str:
    """`text`, case folded, in American spelling: colour is color, art. 5 article 5, the nineties are the 1990s."""
    for each, written in _FORMS:
        text = each.sub(written, text)
    text = _SHORT.sub(lambda match: f"{_BEFORE_NUMBER[match[1]]} ", _SECOND.sub("2nd", text))
    text = _DECADE.sub(lambda match: f"the 19{match[2] or _DECADES[match[1]]}0s", text)
    for each, written in _ERAS:
        text = each.sub(written, text)
    return text
