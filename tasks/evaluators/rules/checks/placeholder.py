"""Check `placeholder`: a slot of a template that nobody filled in."""

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
    r"|reservation|tracking|ticket|phone|support)(?:[ _'\u2019-][\w'\u2019 -]{1,40})?|name|date|time|amount|e-?mail"
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
_BRACES = re.compile(
    r"(?<![\\^_}\w${])(?:\{\{\s*[A-Za-z_][\w .-]{1,40}\s*\}\}|\$?\{(?:[a-zA-Z]+_\w{1,30}|name|user|username"
    r"|customer|date|amount|price|email|product|company|order)\}(?!\}))"
    r"|(?<![\w%])%\((?:\w{2,30})\)s"
)
_BRACKETS = re.compile(rf"\[{_SLOT}\](?![(:\[])|\[[A-Z]{{2,20}}_[A-Z_]{{2,30}}\](?!\()", re.IGNORECASE)
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
    r"|shell)\b|[{}]"
)
_TALK_OF_WRITING = re.compile(
    r"\b(?:pen|pitch|persona|act (?:as|like)|write|writing|written|draft|compose|generate|create|make|prepare"
    r"|rewrite|rephrase|edit|proofread|summari[sz]e|letter|essay|story|poem|resume|cv"
    r"|invitation|speech|contract|agreement|press release|blog|slogan|advert|ad|poster|flyer|script|post|tweet|plan"
    r"|proposal|memo|announcement|bio|recipe|how (?:do|can|should) i"
    r"|phrase|design|imagine|introduce|introduction|analy[sz]e|e-?mail (?:to|for|about|that)|message (?:to|for"
    r"|that)|tee-up|tables?|templates?|say|tell (?:him|her|them|my)|reply to|respond to|example|sample|form|survey"
    r"|questionnaire)\b|[\[\]<>]"
)

_FORMS: tuple[tuple[re.Pattern[str], re.Pattern[str], Correctness, str], ...] = (
    (_EMPTY_VALUE, _TALK_OF_CODE, "HARD FAIL", "An empty value stands where a real one belongs"),
    (_BRACES, _TALK_OF_CODE, "HARD FAIL", "A template variable was not filled in"),
    (_BRACKETS, _TALK_OF_WRITING, "SOFT FAIL", "A placeholder was left in"),
    (_ANGLES, _TALK_OF_WRITING, "SOFT FAIL", "A placeholder was left in"),
    (_LOREM, _TALK_OF_CODE, "SOFT FAIL", "Filler text was left in"),
)
_ANY = re.compile(r"[\[{<%$#]|None|null|undefined|NaN|Invalid|orem|nil|NULL")


class Placeholder:
    """Slots left in a reply: {{name}}, {order_id}, [ORDER_ID], <insert date>, 'Dear None', '$NaN'."""

    name: ClassVar[str] = "placeholder"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply, the first slot in it."""
        for index, message in replies(thread):
            if not _ANY.search(message.text):
                continue
            text = prose(message.text)
            topic: str | None = None
            for pattern, asked_for, verdict, what in _FORMS:
                hit = pattern.search(text)
                if hit is None:
                    continue
                topic = user_words(thread, index) if topic is None else topic
                if asked_for.search(topic) or _TALK_OF_CODE.search(topic):
                    continue
                yield Finding(
                    check=self.name,
                    index=index,
                    kind="correctness",
                    verdict=verdict,
                    reasoning=f"{what}: {hit.group().strip()!r}.",
                    evidence=(quoted(thread, index, hit.group()),),
                )
                break
