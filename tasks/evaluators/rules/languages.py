"""Which script and which language a text is written in, the cheap way first."""

import re
from functools import lru_cache
from importlib import import_module
from typing import Protocol

SCRIPT_SHARE = 0.8
FUNCTION_WORD_SHARE = 0.12
SURE = 0.999
FAIRLY_SURE = 0.9
SAMPLE_CHARACTERS = 500
DETECTED_CHARACTERS = 2_000

_SCRIPTS = {
    "Latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Arabic": re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Bengali": re.compile("[\u0980-\u09ff]"),
    "Tamil": re.compile("[\u0b80-\u0bff]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
    "Georgian": re.compile("[\u10a0-\u10ff]"),
    "Hangul": re.compile("[\u1100-\u11ff\uac00-\ud7af]"),
    "Kana and Han": re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"),
}
_FUNCTION_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and of to is you that it for with are this be have not what can your i my was do please how",
        "de": "der die das und ist nicht ich sie ein eine den mit zu es auf f\u00fcr wie von mein ihre bitte kann wir",
        "fr": "le la les des est et vous je une un pas que pour dans ce qui avec mon votre sur nous au du",
        "es": "el la los las de que y en un una es por para con no mi su se lo est\u00e1 c\u00f3mo me del",
        "it": "il la di che e un una per non con sono mi le si del della come questo posso ho \u00e8",
        "pt": "o a os as de que e um uma para com n\u00e3o em do da meu seu por voc\u00ea est\u00e1 como no",
        "nl": "de het een en van is niet ik je u dat op te voor met mijn uw kan zijn hoe er",
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_ALIKE = (
    frozenset({"no", "nb", "nn", "da", "sv"}),
    frozenset({"hr", "sr", "bs", "sl"}),
    frozenset({"id", "ms", "jv"}),
    frozenset({"es", "gl", "pt", "ca", "an", "oc"}),
    frozenset({"cs", "sk"}),
    frozenset({"af", "nl", "fy"}),
    frozenset({"de", "lb"}),
    frozenset({"fi", "et"}),
    frozenset({"it", "la", "co"}),
)


def letters_by_script(text: str) -> dict[str, int]:
    """How many letters of each script a text has; other scripts are not counted."""
    return {name: count for name, letters in _SCRIPTS.items() if (count := len(letters.findall(text)))}


def main_script(text: str) -> tuple[str, int] | None:
    """The script of at least four fifths of the letters, and its letters; None where scripts are mixed."""
    if text.isascii():
        return "Latin", sum(map(str.isalpha, text))
    counts = letters_by_script(text)
    if not counts:
        return None
    name = max(counts, key=lambda script: counts[script])
    return (name, counts[name]) if counts[name] >= SCRIPT_SHARE * sum(counts.values()) else None


def likely_language(text: str) -> str | None:
    """The one of seven languages whose function words fill a text; None where that is not plain."""
    words = _WORD.findall(text[:SAMPLE_CHARACTERS].lower())
    if not words:
        return None
    counts = {language: sum(word in known for word in words) for language, known in _FUNCTION_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= FUNCTION_WORD_SHARE * len(words) else None


def detected_language(text: str) -> str | None:
    """The language py3langid is sure of, or fairly sure while the function words agree (ISO 639-1); else None."""
    language, probability = _identifier().classify(text[:DETECTED_CHARACTERS])
    needed = FAIRLY_SURE if language == likely_language(text) else SURE
    return language if probability >= needed else None


def are_alike(one: str, other: str) -> bool:
    """True for one language, and for those that a detector mixes up."""
    return one == other or any(one in group and other in group for group in _ALIKE)


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@lru_cache(maxsize=1)
def _identifier() -> _Identifier:
    langid = import_module("py3langid.langid")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
