"""Check `error_text`: a program's error, or an apology for one, shown to the user."""

import re
from collections.abc import Iterable
from typing import ClassVar

from storage.records import Thread
from tasks.evaluators.rules.base import CORRECTNESS, Finding, Kind, quoted
from tasks.evaluators.rules.text import prose, replies, user_words

_AT_START = re.compile(
    r"""\s*(?:
        Traceback[ ]\(most[ ]recent[ ]call[ ]last\)
      | \{\s*["'](?:error|errors|exception|errorMessage|error_code|traceback)["']\s*:
      | (?:(?:fatal|unhandled|uncaught|internal|server|unexpected)[ ]){0,2}(?:error
          |exception)[ ]?(?:[ ]code)?[ ]?[:\-][ ]?\S
      | (?:HTTP[ /]?(?:1\.[01][ ])?|error[ ]|status[ ](?:code[ ])?)[45]\d\d\b
      | [45]\d\d[ ](?:Internal[ ]Server[ ]Error|Bad[ ]Gateway|Service[ ]\w*[ ]?Unavailable|Gateway[ ]Time-?out
          |Too[ ]Many[ ]Requests)
      | Internal[ ]Server[ ]Error\s*$
      | (?:Gateway|Request|Read|Connection)[ ](?:Time-?out|timed[ ]out|refused|reset)\b.{0,40}$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ANYWHERE = re.compile(
    r"""Traceback[ ]\(most[ ]recent[ ]call[ ]last\)
      | \bException[ ]in[ ]thread[ ]"
      | \b(?:[a-z]\w{1,30}\.){1,6}\w{1,40}(?:Exception|Error)\b
      | \b(?:Type|Value|Key|Attribute|Index|Runtime|Name|ZeroDivision|Connection|Timeout|OS|ModuleNotFound|Reference
          |JSONDecode
           |Operational|Integrity|Validation|RateLimit|APIConnection|APIStatus|BadRequest|InternalServer
               |NullPointer)(?:Error|Exception)\b[ ]?[:(]
      | \b\w{2,30}\.(?:errors?|exceptions?)\.\w{3,40}\b
      | \bSQLSTATE\b | \bORA-\d{5}\b | \bE(?:CONNREFUSED|CONNRESET|TIMEDOUT|NOTFOUND)\b
      | \b(?:HTTP|status[ ]code|error[ ]code)[ :=]{1,3}[45]\d\d\b
      | \b50[0234][ ](?:Internal[ ]Server|Bad[ ]Gateway|Service[ ]Unavailable|Gateway[ ]Time)
      | \bCannot[ ]read[ ]propert(?:y|ies)[ ]of[ ](?:undefined|null)\b
      | \b(?:insufficient_quota|context_length_exceeded|rate_limit_exceeded|invalid_api_key)\b
      | \bmaximum[ ]context[ ]length[ ]is[ ]\d
      | ^[ \t]{1,12}at[ ][\w$.<>]{3,120}\([\w$.]{1,60}\.(?:java|js|ts|kt|cs):\d""",
    re.VERBOSE | re.MULTILINE,
)
_APOLOGY = re.compile(
    r"""\b(?:an?|some|(?<=there[ ]was)|(?<=there[ ]has[ ]been))[ ](?:\w+[ ]){0,2}error[ ](?:has[ ])?occurr?ed\b
      | \b(?:i|we)(?:[ ]have|[ ]has|['\u2019]ve|[ ]am|['\u2019]m|[ ]are|['\u2019]re)?[ ](?:just[ ]|currently[ ])?
          (?:experienc(?:ed|ing)|encounter(?:ed|ing)|ran[ ]into|running[ ]into|having|facing)[ ](?:an?|some
              |the)?[ ]?(?:\w+[ ]){0,1}
          (?:(?:technical|system|server|internal|unexpected|connection|temporary)[ ](?:error|issue|problem|difficult
              |glitch)|error\b)
      | \bsomething[ ](?:has[ ])?(?:went|gone)[ ]wrong[ ](?:on|at|with)[ ](?:our|my|the)\b
      | \bsomething[ ]went[ ]wrong[.!,][ ](?:please[ ])?(?:try|retry|contact)
      | \b(?:our|the|my)[ ](?:\w+[ ]){0,2}(?:system|systems|service|server|servers|backend|database)[ ](?:is|are
          |seems?[ ]to[ ]be|appears?[ ]to[ ]be)[ ]
          (?:currently[ ]|temporarily[ ])?(?:down|unavailable|not[ ]responding|offline|experiencing)\b
      | \b(?:unable|not[ ]able|failed)[ ]to[ ](?:process|complete|handle|fulfil+)[ ]your[ ](?:request|question|query
          |message)[ ]
          (?:at[ ](?:this|the)[ ](?:time|moment)|right[ ]now|due[ ]to[ ]an?[ ](?:\w+[ ]){0,2}(?:error|issue|problem))
      | \byour[ ]request[ ](?:has[ ])?timed[ ]out\b""",
    re.IGNORECASE | re.VERBOSE,
)
_TALK_OF_CODE = re.compile(
    r"\b(?:code|coding|python|java|javascript|sql|script|program|programming|function|terminal|console|shell|docker"
    r"|api|traceback|exception"
    r"|stack ?trace|debug|bug|logs?|compile|regex|http|json|html|exit code|server)\b|error:|```"
)
_TALK_OF_ERRORS = re.compile(r"\berrors?\b|\bexceptions?\b|\bwent wrong\b|\bstatus code\b|\b[45]\d\d\b|\bcrash")
APOLOGY_CHARACTERS = 600
_RAW_HINTS = (
    *(
        "rror",
        "RROR",
        "xception",
        "raceback",
        "imeout",
        "ime-out",
        "imed out",
        "refused",
        "reset",
        "HTTP",
        "http",
        "tatus",
    ),
    *(
        "ateway",
        "navailable",
        "SQLSTATE",
        "ORA-",
        "ECONN",
        "ETIME",
        "ENOTF",
        "undefined",
        "null",
        "_quota",
        "_exceeded",
    ),
    *("invalid_api_key", "maximum context", ".java:", ".js:", ".ts:", ".kt:", ".cs:", "Too Many", "too many"),
)
_APOLOGY_HINTS = (
    *("error", "wrong", "issue", "problem", "difficult", "glitch", "down", "unavailable", "respond", "offline"),
    *("experiencing", "unable", "not able", "failed", "timed out"),
)


def raw_error(thread: Thread, index: int) -> str | None:
    """The error text a reply shows, None where there is none or the talk is about code or errors."""
    text = thread.messages[index].text
    if not any(hint in text for hint in _RAW_HINTS):
        return None
    text = prose(text)
    hit = _AT_START.match(text) or _ANYWHERE.search(text)
    if hit is None:
        return None
    topic = user_words(thread, index)
    if _TALK_OF_CODE.search(topic) or (hit.re is _ANYWHERE and _TALK_OF_ERRORS.search(topic)):
        return None
    return _line_around(text, hit.start(), hit.end())


def apology_for_error(thread: Thread, index: int) -> str | None:
    """The words with which a short reply says that the bot's own system failed; None where it does not."""
    text = thread.messages[index].text
    lowered = text[:APOLOGY_CHARACTERS].lower()
    if len(text) > APOLOGY_CHARACTERS or not any(hint in lowered for hint in _APOLOGY_HINTS):
        return None
    hit = _APOLOGY.search(text)
    if hit is None or _TALK_OF_CODE.search(user_words(thread, index)):
        return None
    return _line_around(text, hit.start(), hit.end())


def _line_around(text: str, start: int, end: int) -> str:
    first = max(text.rfind("\n", 0, start + 1) + 1, start - 40) if text[:start].strip() else start
    last = text.find("\n", end)
    return text[first : min(end + 120, last if last >= 0 else len(text))]


class ErrorText:
    """A reply that shows a program's error (HARD FAIL) or only apologises for one (SOFT FAIL)."""

    name: ClassVar[str] = "error_text"
    default_on: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = CORRECTNESS

    def find(self, thread: Thread) -> Iterable[Finding]:
        """One finding per reply."""
        for index, _ in replies(thread):
            if words := raw_error(thread, index):
                yield Finding(
                    check=self.name,
                    index=index,
                    kind="correctness",
                    verdict="HARD FAIL",
                    reasoning="The reply shows the user a program's error.",
                    evidence=(quoted(thread, index, words),),
                )
            elif words := apology_for_error(thread, index):
                yield Finding(
                    check=self.name,
                    index=index,
                    kind="correctness",
                    verdict="SOFT FAIL",
                    reasoning="The bot's own system failed: the reply is an apology instead of an answer.",
                    evidence=(quoted(thread, index, words),),
                )
