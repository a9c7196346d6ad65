"""The words of a text in any script: what ROUGE-L and repetition are counted over."""

import re
import unicodedata

WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, kana, Han: written without spaces, so that each letter counts as a word."""


def words_of(text: str) -> list[str]:
    """Runs of letters, marks and digits, composed (NFC) and case-folded; letters of scripts without spaces one by one.

    rouge_score's own tokenizer drops every letter beyond ASCII, so that two Russian texts have no word in common.
    """
    words, open_word = list[str](), False
    for char in unicodedata.normalize("NFC", text).casefold():
        kind = unicodedata.category(char)[0]
        if kind == "M" and words and open_word:
            words[-1] += char
        elif kind not in "LN":
            open_word = False
        elif open_word and not WITHOUT_SPACES.match(char) and not WITHOUT_SPACES.match(words[-1]):
            words[-1] += char
        else:
            words.append(char)
            open_word = True
    return words
