"""Bytes as people save them, as text: by a byte order mark, as declared, or guessed by how likely it looks."""

import codecs
from dataclasses import dataclass

import regex

from twolevers.errors import UsageError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What pages declare is read as browsers read it: the Windows page that holds more.
WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
WIDER |= {"shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs"}
# Other scripts of single bytes: their encodings, and the letters that make up most of their texts.
OTHER_SCRIPTS = (
    (("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"), "оеаинтсрвлкмдпуябіъ"),
    (("cp1253", "iso8859_7"), "αοιετσνηυρπκλμςάέήίόύώ"),
    (("cp1255",), "יוהלארמתבשנםד"),
    (("cp1256",), "اليمنترهوبعدسفحقك"),
    (("cp874",), "านรอกเ่งยม้ลวีดทิสตะัปคขบุณ"),
)
COMMON = 0.6  # share of such letters from which on a text is taken for one of that script
# Encodings of two bytes a character, and characters that hardly a text of theirs does without.
EAST_ASIAN = (
    (
        ("gb18030",),
        "的是不了在有我中大来上国个到说们为子和你地出时年得就要下以生会之过家学对可里后请内期品本产务保两三",
    ),
    (
        ("big5hkscs",),
        "的是不了在有我中大來上國個到說們為子和你地出時年得就要下以生會之過家學對可裡後請內期品本產務保兩三",
    ),
    (("cp932", "euc_jp"), "のにはをたがでてとしれさあいうるもすなかりまでくせよえ。、年月日一人"),
    (("cp949",), "이다는을의가에하고지기은사로한들해그리니도를서자인시어있나대아보습안정수일제주"),
)
USUAL = 0.2  # share of such characters
# Encodings of the Latin script by language: the letters beyond ASCII that its texts hold, commoner encodings first.
LATIN = (
    ("cp1252", ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü¿¡ºª", "àèéìíòóùú", "áâãàçéêíóôõúºª", "åäöé", "æøåéöäü")),
    ("cp1252", ("éëïóöü", "õäöüšž", "àèéíïòóúüç·")),
    ("cp1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ")),
    ("cp1254", ("çğıöşüâîû",)),
    ("cp1252", ("áéíóúýðþæö",)),
    ("cp1257", ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž")),
    ("iso8859_2", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áéíóöőúüű", "čćđšž")),
    ("cp850", ("äöüß", "àâçéèêëîïôùûü", "áéíñóúü¿¡")),
    ("cp852", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áéíóöőúüű")),
    ("mac_roman", ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü¿¡")),
)
SIGNS = frozenset("“”„‘’‚–—…«»‹›•°§€£©®™·´×½¼¾²³\u00a0\u00ad")
SAMPLE = 100_000  # bytes that a guess looks at
BINARY, FEW = 0.02, 8  # share and number of control characters from which on bytes are no text


@dataclass(frozen=True)
class Decoded:
    """Text, and the encoding where it had to be guessed ("" where it is sure)."""

    text: str
    guessed: str = ""


def decode(data: bytes, name: str) -> str:
    """The text of `data`; see `decoded`."""
    return decoded(data, name).text


def decoded(data: bytes, name: str, declared: str = "") -> Decoded:
    """The text of `data`. UTF-8 and UTF-16 are told apart surely; then what is `declared` counts, then a guess.

    Raises UsageError where the bytes are no text in any of them; `name` says which file in the message.
    """
    found = _decoded(data, declared)
    text = found.text
    controls = sum(character < " " and character not in "\t\n\r\f\v" for character in text[:SAMPLE])
    if controls > max(min(FEW, len(text) / FEW), BINARY * min(len(text), SAMPLE)):
        raise UsageError(f"{name} holds no text (it looks like a program, a picture or an archive): leave it out.")
    return found


def declaration(data: bytes) -> str:
    """The encoding that a page declares in `<meta charset>` or its XML line, "" without one."""
    head = data[:4096]
    for pattern in (
        rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)",
        rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)",
    ):
        if match := regex.search(pattern, head, regex.IGNORECASE):
            return match[1].decode("ascii")
    return ""


def _decoded(data: bytes, declared: str) -> Decoded:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(encoding, errors="replace"))
    if regex.search(rb"\x1b(?:\$[@B]|\([BJ])", data[:SAMPLE]) and (text := _strict(data, "iso2022_jp_2")) is not None:
        return Decoded(text)  # its escapes are sure signs
    if encoding := _unmarked_utf16(data):
        return Decoded(data.decode(encoding, errors="replace"))
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        # A file cut off within a character. Without another such character it is an accent of another encoding.
        if error.reason == "unexpected end of data" and not data[: error.start].isascii():
            return Decoded(data.decode("utf-8", errors="replace"))
    if (known := _known(declared)) and (text := _strict(data, known)) is not None:
        return Decoded(text)
    encoding = _guess(data)
    return Decoded(data.decode(encoding, errors="replace"), encoding)


def _known(declared: str) -> str:
    try:
        name = codecs.lookup(declared).name if declared else ""
    except LookupError:
        return ""
    return WIDER.get(name, name)


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters leave a zero in every other byte."""
    sample = data[:SAMPLE]
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) > 0.3 * half and sample[::2].count(0) < 0.05 * half:
        return "utf-16-le"
    if sample[::2].count(0) > 0.3 * half and sample[1::2].count(0) < 0.05 * half:
        return "utf-16-be"
    return None


def _guess(data: bytes) -> str:
    """The likeliest encoding. Latin text has lone letters above 127, other scripts have them in rows."""
    from charset_normalizer import from_bytes

    sample = data[:SAMPLE]
    if _lone_letters(sample):
        return _latin(sample)
    east = max(_common(sample, name, letters) for names, letters in EAST_ASIAN for name in names)
    if _within_words(sample) and east < USUAL:
        return _latin(sample)
    for scripts, least in ((OTHER_SCRIPTS, COMMON), (EAST_ASIAN, USUAL)):
        scored = [(_common(sample, name, letters), name) for names, letters in scripts for name in names]
        share, encoding = max(scored, key=lambda each: each[0])
        if share >= least:
            return encoding
    best = from_bytes(sample, cp_isolation=["cp1252", *(name for _, name in scored)]).best()
    return best.encoding if best else _latin(sample)


def _common(sample: bytes, encoding: str, letters: str) -> float:
    """Share of the characters beyond ASCII that are frequent ones of the script, what cannot be read against it."""
    text = sample.decode(encoding, errors="replace")
    high = [character for character in text if character > "\x7f"]
    bad = high.count("\ufffd") + len(regex.findall(r"(?<=\p{Ll})(?=[^\x00-\x7f])\p{Lu}", text))
    return (sum(character.lower() in letters for character in high) - bad) / max(1, len(high))


def _latin(sample: bytes) -> str:
    """The encoding in which most of the bytes above 127 are letters of one language; the commoner one of two alike."""
    best, most = "cp1252", -1.0
    for encoding, languages in LATIN:
        text = sample.decode(encoding, errors="replace")
        high = [character for character in text if character > "\x7f"]
        # A capital within a word is a letter of another encoding.
        odd = len(regex.findall(r"(?<=\p{Ll})(?=[^\x00-\x7f])\p{Lu}", text))
        signs = sum(character in SIGNS for character in high)
        for letters in languages:
            fit = sum(character.lower() in letters for character in high)
            score = (fit + 0.9 * signs - odd) / max(1, len(high))
            if score > most + 1e-9:
                best, most = encoding, score
    return best


def _lone_letters(sample: bytes) -> bool:
    """Whether most bytes above 127 stand alone, as accents do between plain letters."""
    high = [byte > 127 for byte in sample]
    runs = sum(here and not before for before, here in zip([False, *high], high, strict=False))
    # Words of another script stand between spaces; "Größe" has its letters beyond ASCII within others.
    within = len(regex.findall(rb"(?<=[A-Za-z])[\x80-\xff]{1,2}(?=[a-z])", sample))
    # A Big5 or Shift-JIS character may end in a plain byte, so that one character alone looks like an accent.
    return sum(high) < (2.1 if within >= 0.75 * runs else 1.5) * runs and not _mostly_wide(sample)


def _within_words(sample: bytes) -> bool:
    """Whether most runs of bytes above 127 stand next to plain letters: no word is written in two scripts."""
    runs = regex.findall(rb"[\x80-\xff]+", sample)
    beside = regex.findall(rb"(?<=[A-Za-z])[\x80-\xff]+|[\x80-\xff]+(?=[a-z])", sample)
    return bool(runs) and len(beside) >= 0.75 * len(runs) and not _mostly_wide(sample)


def _mostly_wide(sample: bytes) -> bool:
    """Whether the text, read as Big5, is Chinese throughout: hardly a letter beside its characters."""
    try:
        text = sample.decode("big5")
    except UnicodeDecodeError:
        return False
    wide = sum("\u3000" <= character <= "\u9fff" for character in text)
    return wide > sum("a" <= character.casefold() <= "z" for character in text)
