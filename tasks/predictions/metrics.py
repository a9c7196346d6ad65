"""What a prediction is measured by: against its ground truth where there is one, and by itself."""

import logging
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from tasks.predictions.scoring.overlap import repeated_share, rouge_l
from tasks.predictions.scoring.refusals import is_refusal
from tasks.predictions.scoring.words import words_of

log = logging.getLogger(__name__)


def score(prediction: str, ground_truth: str | None) -> dict[str, float | None]:
    """The metrics of one prediction, by name; None where one does not apply.

    Both texts are taken without the blanks at their ends, composed (NFC); nothing else is changed, case and
    punctuation count.

    Args:
        prediction: What the model said; may be empty.
        ground_truth: What the data says the answer is; None where there is none.

    Returns:
        exact_match: 1 where prediction and ground truth are the same text, else 0.
        chrf: chrF2 as sacrebleu's `sentence_chrf` counts it, 0 to 100; None where the ground truth is blank.
        rouge_l: F1 of the longest common subsequence of words, 0 to 1; None where the ground truth has no word.
        length: Characters of the prediction.
        repetition: Share of its runs of 4 words that it has had before, 0 to 1; None with fewer than 4 words.
        refusal: 1 where it opens by declining to help, else 0; also where the ground truth does.
    """
    said = normal(prediction)
    truth = None if ground_truth is None else normal(ground_truth)
    words = words_of(said)
    return {
        "exact_match": None if truth is None else float(said == truth),
        "chrf": chrf(said, truth) if truth else None,
        "rouge_l": None if truth is None else rouge_l(words, words_of(truth)),
        "length": float(len(said)),
        "repetition": repeated_share(words),
        "refusal": float(is_refusal(said)),
    }


def normal(text: str) -> str:
    """The text without the blanks at its ends, its letters composed (NFC)."""
    return unicodedata.normalize("NFC", text).strip()


def chrf(said: str, truth: str) -> float | None:
    """chrF2, 0 to 100; None where sacrebleu is not installed, which is said once.

    Source: M. Popovic, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015, 392-395.
    """
    counted = _sentence_chrf()
    return None if counted is None else min(100.0, counted(said, [truth]))


@lru_cache(maxsize=1)
def _sentence_chrf() -> Callable[[str, list[str]], float] | None:
    try:
        import sacrebleu
    except ImportError:
        log.warning("chrf is not measured: sacrebleu is not installed (pip install 'evalflows[train]')")
        return None
    return lambda said, truths: float(sacrebleu.sentence_chrf(said, truths).score)
