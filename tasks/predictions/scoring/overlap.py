"""How far two lists of words are the same, and how far one repeats itself."""

from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

REPEATED_WORDS = 4


def rouge_l(said: Sequence[str], truth: Sequence[str]) -> float | None:
    """ROUGE-L, F1: of the longest common subsequence of words, 0 to 1; None where the truth has no word.

    Equal to rouge_score's, which takes 3 s to import and 10 ms for two texts of 200 words, and training would wait.
    Source: C.-Y. Lin, "ROUGE: a package for automatic evaluation of summaries", ACL workshop (2004), 74-81.
    """
    if not truth:
        return None
    common = LCSseq.similarity(said, truth)
    return 2 * common / (len(said) + len(truth))


def repeated_share(words: Sequence[str]) -> float | None:
    """Share of the runs of 4 words that the text has had before, 0 to 1; None where it has fewer than 4 words.

    `1 - distinct / all`, known as seq-rep-4. Source: S. Welleck and others, "Neural text generation with unlikelihood
    training", ICLR 2020, https://arxiv.org/abs/1908.04319, section 6.1.
    """
    runs = [tuple(words[at : at + REPEATED_WORDS]) for at in range(len(words) - REPEATED_WORDS + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else None
