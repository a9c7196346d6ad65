"""`scripted:FILE`: recorded answers replayed, everything else refused."""

from pathlib import Path

import pytest

from tasks.providers.errors import CallRejected, UnusableJudge
from tasks.providers.scripted import ScriptedProvider
from tests.tasks.providers.questions import request_for

PASS = '{"item": "t1", "method": "correctness", "answer": {"verdict": "PASS"}}'


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


async def test_an_answer_is_replayed_to_the_item_and_method_it_was_recorded_for(script: Path) -> None:
    script.write_text(f'\n{PASS}\r\n\n{{"item": "t2", "method": "correctness", "answer": ["caf\u00e9"]}}', "utf-8")
    provider = ScriptedProvider(str(script))
    assert (await provider.complete(request_for(), "t1", "correctness")).text == '{"verdict":"PASS"}'
    assert (await provider.complete(request_for(), "t2", "correctness")).text == '["caf\u00e9"]'


async def test_a_request_that_was_not_recorded_is_refused(script: Path) -> None:
    script.write_text(PASS)
    provider = ScriptedProvider(str(script))
    for item, method in (("t2", "correctness"), ("t1", "intent"), ("", "")):
        with pytest.raises(CallRejected, match=f"no recorded answer for item '{item}', method '{method}'"):
            await provider.complete(request_for(), item, method)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 3 is not a recorded answer"),
        ("[]", "line 3 is not a recorded answer"),
        ('"PASS"', "line 3 is not a recorded answer"),
        ('{"item": "t1", "answer": 1}', "method Field required"),
        ('{"item": "t1", "method": "intent"}', "answer Field required"),
        ('{"item": "t1", "method": "intent", "answer": 1, "extra": 2}', "extra Extra inputs"),
        ('{"item": "t\\ud800", "method": "intent", "answer": 1}', "line 3 is not a recorded answer"),
    ],
)
def test_a_bad_line_is_named_with_its_number(line: str, why: str, script: Path) -> None:
    script.write_text(f"{PASS}\n\n{line}\n{PASS}\n")
    with pytest.raises(UnusableJudge) as caught:
        ScriptedProvider(str(script))
    told = str(caught.value)
    assert str(script) in told
    assert "line 3" in told
    assert why in told
    assert "\n" not in told


def test_bytes_that_are_not_utf_8_are_named_with_their_line(script: Path) -> None:
    script.write_bytes(PASS.encode() + b'\n{"item": "\xff", "method": "intent", "answer": 1}\n')
    with pytest.raises(UnusableJudge, match="line 2"):
        ScriptedProvider(str(script))


@pytest.mark.parametrize("name", ["missing.jsonl", "", ".", "nul\0.jsonl"])
def test_a_file_that_cannot_be_read_makes_the_judge_unusable(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / name) if name else ""
    with pytest.raises(UnusableJudge, match="cannot be read"):
        ScriptedProvider(path)


def test_another_content_is_another_judge(script: Path) -> None:
    script.write_text(PASS)
    before = ScriptedProvider(str(script)).base_url
    assert ScriptedProvider(str(script)).base_url == before
    script.write_text(PASS.replace("PASS", "CRITICAL"))
    assert ScriptedProvider(str(script)).base_url != before
