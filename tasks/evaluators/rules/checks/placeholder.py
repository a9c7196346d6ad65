"""Checks `placeholder` and `bracket_slot`: a slot of a template that nobody filled in."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.base import Correctness
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import prose, replies, user_words

_SLOT = (
    r"(?:(?:your|insert|enter|customer|user|client|company|business|product|order|agent|first|last|full|recipient"
    r"|sender|account|booking"
    r"|reservation|tracking|ticket|phone|support)(?:[ _'\u2019-][\w'\u2019-]{1,20}){0,3}|name|date|time|amount|e-?mail"
    r"|address|number|price|link|url|city|username)"
)
_EMPTY_VALUE = re.compile(
    r"""\b(?:[Dd]ear|[Hh]ello|[Hh]i|[Hh]ey|[Ww]elcome(?:[ ]back)?|[Tt]hanks|[Tt]hank[ ]you|[Mm]r\.?|[Mm]rs\.?
        |[Mm]s\.?),?[ ](?:None|null|undefined|NaN|nil|NULL)\b(?![ ]\w)
      | \b(?:order|number|account|booking|reservation|ticket|date|amount|total|balance|price|address|e-?mail|name
          |status)[ ]
          (?:(?:is|was|of|to|for|on)[ ]|\#|:[ ])?(?:undefined|NaN|null|None)(?=[.,!?;]|[ ](?:is|was|has|will|and|on
              |to)\b|\s*$)
      | [$\u20ac\u00a3][ ]?(?:NaN|undefined|null|None)\b | \#(?:undefined|null|None)\b
      | \[object[ ]Object\] | \bInvalid[ ]Date\b
      | \b(?:on|by|until|at|to)[ ](?:undefined|NaN)(?=[.,!?;]|\s*$)""",
    re.VERBOSE,
)
_BRACES = re.compile(r"(?<![\\^_}\w${])\{\{\s*[A-Za-z_][\w .-]{1,40}\s*\}\}")
_VARIABLE = re.compile(
    r"(?<![\\^_}\w${])\$?\{(?:[a-zA-Z]+_\w{1,30}|name|user|username|customer|date|amount|price|email|product|company"
    r"|order)\}(?!\})|(?<![\w%])%\((?:\w{2,30})\)s"
)
_INSERT = re.compile(r"[\[<(](?:insert|enter|fill in)[ _](?!coin|key)[\w' -]{2,60}[\])>]", re.IGNORECASE)
_CAPITALS = re.compile(
    r"\[(?:ORDER|CUSTOMER|USER|FIRST|LAST|FULL|ACCOUNT|TRACKING|PHONE|EMAIL|PRODUCT|COMPANY|PROMO|COUPON|TICKET"
    r"|BOOKING|RESERVATION|QR|IMAGE|INVOICE|DELIVERY|AGENT|STORE|REFUND|PAYMENT|CLIENT)_[A-Z_]{2,30}\](?!\()"
)
_BRACKETS = re.compile(rf"\[{_SLOT}\](?![(:\[])", re.IGNORECASE)
_ANGLES = re.compile(
    r"<(?:(?:insert|your|enter)[ _][\w' -]{2,40}|(?:customer|user|order|first|last|company|product)[ _](?:name|id"
    r"|number|date|email))>",
    re.IGNORECASE,
)
_LOREM = re.compile(r"\blorem ipsum dolor\b", re.IGNORECASE)

_TALK_OF_CODE = re.compile(
    r"\b(?:template|templates|jinja|handlebars|mustache|placeholder|placeholders|latex|helm|vue|angular|f-string"
    r"|python|javascript|java|code|sql"
    r"|function|regex|json|yaml|html|xml|api|endpoint|variables?|undefined|null|nan|math|equation|lorem|bash"
    r"|shell|program|programming|filler)\b|[{}]"
)
_TALK_OF_WRITING = re.compile(
    r"\b(?:pen|pitch|persona|act (?:as|like)|write|writing|written|draft|compose|generate|create|make|prepare"
    r"|rewrite|rephrase|edit|proofread|summari[sz]e|letter|essay|story|poem|resume|cv"
    r"|invitation|speech|contract|agreement|press release|blog|slogan|advert|ad|poster|flyer|script|post|tweet|plan"
    r"|proposal|memo|announcement|bio|recipe|how (?:do|can|should) i"
    r"|phrase|design|imagine|introduce|introduction|analy[sz]e|e-?mail (?:to|for|about|that)|message (?:to|for"
    r"|that)|tee-up|tables?|templates?|say|tell (?:him|her|them|my)|reply to|respond to|example|sample|form|survey"
    r"|questionnaire|react|how to say|speak)\b|[\[\]<>]"
    # the same wish in other languages: write, draft, template, letter, e-mail
    r"|\u5199|\u64b0|\u8d77\u8349|\u521b\u5efa|\u751f\u6210|\u6a21\u677f|\u90ae\u4ef6|\u66f8\u304f"
    r"|\u66f8\u3044\u3066|\u4f5c\u6210|\u043d\u0430\u043f\u0438\u0448|\u0441\u043e\u0441\u0442\u0430\u0432"
    r"|\b(?:schreib|formulier|entwirf|vorlage|escrib|redact|r\u00e9dig|\u00e9cris|escrev|scriv|brief|carta|lettre)"
)
# what a bot drafts for its user to send holds such slots rightly
_DRAFT = re.compile(
    r"(?im)^\W{0,4}(?:dear|subject|sehr geehrte|estimad[oa]|cher|ch\u00e8re)\b"
    r"|\b(?:sincerely|regards|warmly|respectfully)\b|\u5c0a\u656c\u7684"
)

_Form = tuple[re.Pattern[str], re.Pattern[str], Correctness, str]
_PLAIN_FORMS: tuple[_Form, ...] = (
    (_EMPTY_VALUE, _TALK_OF_CODE, "HARD FAIL", "An empty value stands where a real one belongs"),
    (_BRACES, _TALK_OF_CODE, "HARD FAIL", "A template variable was not filled in"),
    (_VARIABLE, _TALK_OF_WRITING, "HARD FAIL", "A template variable was not filled in"),
    (_CAPITALS, _TALK_OF_WRITING, "SOFT FAIL", "A placeholder was left in"),
)
_DOUBTFUL_FORMS: tuple[_Form, ...] = (
    (_INSERT, _TALK_OF_WRITING, "SOFT FAIL", "Something to fill in was left in"),
    (_BRACKETS, _TALK_OF_WRITING, "SOFT FAIL", "Something to fill in was left in"),
    (_ANGLES, _TALK_OF_WRITING, "SOFT FAIL", "Something to fill in was left in"),
    (_LOREM, _TALK_OF_CODE, "SOFT FAIL", "Filler text was left in"),
)
_ANY = re.compile(r"[\[{<%$#]|None|null|undefined|NaN|Invalid|orem|nil|NULL")


def _first_slot(check: str, forms: tuple[_Form, ...], thread: Thread) -> Iterable[Finding]:
    """One finding per reply, the first slot in it; none where the user asked for code, or for a text to fill in."""
    for index, message in replies(thread):
        if not _ANY.search(message.text):
            continue
        text = prose(message.text)
        for pattern, asked_for, verdict, what in forms:
            hit = pattern.search(text)
            if hit is None or (verdict == "SOFT FAIL" and _DRAFT.search(text)):
                continue
            topic = user_words(thread, index)
            if asked_for.search(topic) or _TALK_OF_CODE.search(topic):
                continue
            yield Finding(
                check=check,
                index=index,
                kind="correctness",
                verdict=verdict,
                reasoning=f"{what}: {hit.group().strip()!r}.",
                evidence=(quoted(thread, index, hit.group()),),
            )
            break


class Placeholder:
    """Slots that cannot be meant for the reader: {{name}}, {order_id}, [ORDER_ID], 'Dear None'."""

    name: ClassVar[str] = "placeholder"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply."""
        return _first_slot(self.name, _PLAIN_FORMS, thread)


class BracketSlot:
    """Slots such as [Your Name] or <insert date>, which a reader may be meant to fill in: right in a draft."""

    name: ClassVar[str] = "bracket_slot"
    default_on: ClassVar[bool] = False
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply."""
        return _first_slot(self.name, _DOUBTFUL_FORMS, thread)
