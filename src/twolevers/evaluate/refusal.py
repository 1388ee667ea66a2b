"""Whether a text declines to answer, in the usual phrasings; the same for what people write where nothing answers."""

import regex

from twolevers.evaluate.plain import composed
from twolevers.evaluate.refusal_phrases import CUES, OTHERS
from twolevers.evaluate.values import Value, read

_SOURCE = (
    r"(?:documents?|sources?|passages?|contexts?|texts?|articles?|paragraphs?|excerpts?|extracts?|materials?|manuals?"
    r"|records?|files?|pages?|snippets?)(?: (?:provided|given|above|supplied))?"
)
_THE = (
    r"(?:(?:the|this|these|those|any|any of the|my|your|all|given|provided|supplied|available|retrieved|above|cited) )*"
)
_OFTEN = r"(?:(?:explicitly|clearly|directly|specifically|actually|even|ever|really|yet) )?"
_TOLD = (
    r"(?:stated|mentioned|specified|disclosed|indicated|answered|addressed|discussed|described|recorded|documented"
    r"|explained|said|reported)"
)
_HELD = r"(?:given|found|available|provided|present|included|contained|listed|covered|shown|supplied|known|clear)"
_SAYS = (
    r"(?:say|state|mention|contain|give|specify|provide|tell|answer|include|indicate|address|discuss|cover"
    r"|describe|have"
    r"|list|show|offer|explain|name|refer|report|disclose|hold|note|reveal|help)\b"
)
_BE = r"(?:is|was|are|were|be|(?:has|have|had) not been)"
_END = r"(?=\s*(?:[.,;:!)\"']|$)|\s+(?:here|so|and|but|either|by the|at all)\b)"
_FACTS = r"(?:information|mention|answer|details?|evidence|indication|reference)"
_ABOUT = r"(?:[^.!?]{0,120}?\s)?"  # what is asked about

_ENGLISH = (
    rf"{_ABOUT}(?:not|never|nowhere) {_OFTEN}(?:(?:{_TOLD}|{_HELD}) )?(?:anywhere )?(?:in|by|within|from) "
    rf"{_THE}{_SOURCE}\b",
    rf"{_ABOUT}(?:not|never|nowhere) (?:been )?{_OFTEN}{_TOLD}{_END}",
    rf"{_THE}(?:{_FACTS} |this (?={_BE} not (?:known|clear)))(?:{_ABOUT}){_BE} not {_OFTEN}(?:{_HELD}|in){_END}",
    rf"{_ABOUT}(?:is|are|was|remains?) (?:(?:unknown|unclear|unspecified|undisclosed|not known){_END}"
    r"|(?:unanswerable|not answerable)\b)",
    rf"{_THE}{_SOURCE} (?:(?:do|does|did|could|can) not|never|fails? to) {_OFTEN}{_SAYS}",
    rf"(?:it|they) (?:does|do|did) not {_OFTEN}(?:say|state|mention|specify|tell)\b",
    rf"{_THE}{_SOURCE} (?:contains?|provides?|gives?|includes?|ha[sv]e?|makes?|offers?|holds?) no(?:thing)?\b",
    rf"{_THE}{_SOURCE} (?:is|are) silent\b",
    rf"(?:none|neither|nothing)(?: of)? {_THE}{_SOURCE} \w+",
    rf"{_ABOUT}nothing (?:is )?(?:{_TOLD} )?(?:about \w+ )?in {_THE}{_SOURCE}\b",
    rf"(?:i|we) (?:do|did|could|can|would|was|were|am|are) not {_OFTEN}(?:able to )?{_OFTEN}(?:know|find|answer"
    r"|determine|tell|say|locate|see|have|provide|confirm|infer|sure|certain)\b",
    r"(?:i|we) (?:have no|found no|see no|(?:am|are|was|were) unable to)\b",
    r"can not (?:answer|say|tell|determine|find|locate)\b|(?:unanswerable|not answerable)\b",
    rf"{_ABOUT}(?:can not|could not) be (?:found|located|seen|answered|determined) (?:in|from|by|within)"
    rf" {_THE}{_SOURCE}\b",
    r"(?:sorry,? )?(?:i|we) (?:can|could) not help\b|(?:i|we) (?:do not|did not) have (?:access|that|this|the"
    r"|any|enough)\b",
    r"(?:that|this|it) is not (?:something (?:i|we) know|covered(?! (?:by|under)))\b|(?:i have )?no idea\b|(?:i"
    r" )?dunno\b|beats me\b|do not know\b",
    r"it is (?:unclear|not clear|unknown) (?:from|in|based)\b|insufficient (?:context|details?)\b",
    r"as an ai(?: language)? model,? i (?:do not|can not)\b",
    r"not sure\b|(?:it is |it was )?(?:unable|impossible|not possible) to (?:answer|determine|find|say|tell|locate)\b",
    rf"there (?:is|are|was|were) (?:no|not enough|not any|insufficient) (?:[a-z]+ ){{0,2}}?{_FACTS}\b",
    rf"(?:no|insufficient|not enough|lack of) (?:(?:relevant|such|specific|further|sufficient) )?"
    rf"(?:{_FACTS}|info|context|data)(?: (?:is|was|are|were) (?:{_HELD}|{_TOLD}|there|in)\b|{_END}"
    r"| (?:available|found|given|provided|about|on|in|of|for)\b(?! \w+days?\b))",
    rf"{_ABOUT}(?:can|could) not be (?:determined|answered|inferred|established|known|found{_END})",
    r"the answer (?:to [^.]{1,80} )?(?:is|was) (?:not|unknown|none)\b",
)
_BEFORE = (
    rf"(?:(?:i am |we are )?(?:very |so )?(?:sorry|afraid)[,.]?(?: that)?|apologies[,.]?|unfortunately[,.]?|answer:"
    rf"|but|however,?|(?:based on|according to|from) {_THE}{_SOURCE},?)"
)
_REFUSAL = regex.compile(rf"(?:{_BEFORE}\s+)*(?:{'|'.join(_ENGLISH)})")
_OTHER, _CUE = (regex.compile(pattern) for pattern in (rf"(?:{_BEFORE}\s+)*(?:{'|'.join(OTHERS)})", CUES))
_WHOLE = regex.compile(
    r"n ?/ ?a|n\. ?a\.?|none|null|nan|nil|unknown|unclear|unspecified|unanswerable|undetermined|indeterminate"
    r"|inconclusive|cannotanswer|no answer present|noanswer|idk|-+|–|—|\?+"
    r"|not? (?:answer|info|data)|(?:no|not|no answer|no information|information not|answer not) "
    r"(?:answerable|applicable|available|known|given|specified|stated|mentioned|found|provided|disclosed|present)"
)
_SHORT = ((r"\b(?:can't|cannot)\b", "can not"), (r"\bwon't\b", "will not"), (r"n't\b", " not"), (r"\bi'm\b", "i am"))
_SHORT += ((r"\b(it|that|there|what|he|she)'s\b", r"\1 is"), (r"\b(we|they|you)'re\b", r"\1 are"))


def is_refusal(text: str) -> bool:
    """Whether `text` declines to answer: "Not in the documents." is the phrase the course's prompts ask for.

    Also "It isn't stated in the passages", "The documents do not say …", "I cannot find this", "No information …",
    and what tables hold where nothing answers ("N/A", "unknown", "None"), as a whole text. Not a refusal when the
    text goes on to state a quantity with a unit, nor "It is not available in Norway", which answers.
    """
    if text.strip() == "NA" or regex.fullmatch(r"\s*(?:\.{2,}|…)\s*", text):  # "Na" is an answer
        return True
    said = regex.sub(r"\s+", " ", composed(text).translate({ord("’"): "'"})).strip(" \"'*_`([{>")
    for short, long in _SHORT:
        said = regex.sub(short, long, said)
    if _WHOLE.fullmatch(said.rstrip(" .!\"'*_`)]}")):
        return True
    said = said.lstrip("- ")
    declines = _REFUSAL.match(said) or (_CUE.search(said) and _OTHER.match(said))
    return bool(declines) and not any(isinstance(token, Value) and token.kind for token in read(text))
