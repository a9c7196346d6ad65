"""Which provider a judge's name means, and which names mean none."""

from pathlib import Path

import pytest

from storage.records import Judge
from tasks.providers.catalog import make_provider
from tasks.providers.errors import UnusableJudge
from tests.tasks.providers.questions import quick_settings


def test_rules_need_no_provider() -> None:
    assert make_provider(Judge.parse("rules"), quick_settings()) is None


@pytest.mark.parametrize(
    ("judge", "why"),
    [
        ("rules:strict", "'rules' takes no model"),
        ("gpt-5-mini", "unknown provider 'gpt-5-mini': use one of rules, openai:..., azure:..., gemini:..."),
        ("OpenAI:gpt-5-mini", "unknown provider 'OpenAI'"),
        ("", "unknown provider ''"),
        (":small", "unknown provider ''"),
        ("openai", "names no model"),
        ("openai:", "names no model"),
        ("azure", "names no model"),
        ("ollama", "names no model"),
        ("scripted:/nowhere/answers.jsonl", "No such file"),
    ],
)
def test_a_judge_that_is_none_is_refused_with_the_reason(judge: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-a-test")
    with pytest.raises(UnusableJudge) as caught:
        make_provider(Judge.parse(judge), quick_settings())
    assert why in str(caught.value)


async def test_a_model_name_may_hold_colons(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-a-test")
    provider = make_provider(Judge.parse("openai:ft:small:acme::7"), quick_settings())
    assert provider is not None
    assert (provider.name, provider.model) == ("openai", "ft:small:acme::7")
    await provider.close()
