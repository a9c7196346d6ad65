"""Every usual format of training data is read, and a bad row costs one row."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tasks.predictions.samples import Sample, SampleFile, SamplesError, read_samples
from tasks.predictions.samples.sample import Turn

USER: Turn = {"role": "user", "content": "Hi?"}
SAID: Turn = {"role": "assistant", "content": "Yes."}
CALL: Turn = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
TOOL: dict[str, object] = {"type": "function", "function": {"name": "add"}}
PLAIN = Sample(ground_truth="Yes.", text="Hi?")
ASKED = Sample((USER,), "Yes.", SAID)
SHAREGPT = [{"from": "human", "value": "Hi?"}, {"from": "gpt", "value": "Yes."}]
ROWS: dict[str, tuple[dict[str, Any], Sample]] = {
    "messages": ({"messages": [USER, SAID]}, ASKED),
    "typed content": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "value": "Hi"}, {"type": "text", "text": "?"}]},
                SAID,
            ]
        },
        ASKED,
    ),
    "what follows the answer": ({"messages": [USER, SAID, {"role": "user", "content": "Bye"}]}, ASKED),
    "a system text beside": (
        {"system": "Be kind.", "conversations": SHAREGPT},
        Sample(({"role": "system", "content": "Be kind."}, USER), "Yes.", SAID),
    ),
    "tool calls": (
        {
            "messages": [
                USER,
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"function": {"name": "add", "arguments": '{"a": 1}'}}],
                },
                {"role": "tool", "content": "2", "tool_call_id": "7"},
                SAID,
            ],
            "tools": [TOOL],
        },
        Sample(
            (
                USER,
                {"role": "assistant", "content": "", "tool_calls": [CALL]},
                {"role": "tool", "content": "2", "tool_call_id": "7"},
            ),
            "Yes.",
            SAID,
            (TOOL,),
        ),
    ),
    "ShareGPT": ({"conversations": SHAREGPT}, ASKED),
    "ShareGPT with a call": (
        {
            "conversations": [
                SHAREGPT[0],
                {"from": "function_call", "value": '{"name": "add", "arguments": {"a": 1}}'},
            ],
            "tools": '[{"name": "add"}]',
        },
        Sample(
            (USER,),
            '{"name": "add", "arguments": {"a": 1}}',
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            (TOOL,),
        ),
    ),
    "prompt and completion": ({"prompt": "Hi?", "completion": "Yes."}, PLAIN),
    "a prompt that looks like JSON": (
        {"prompt": "[INST] Hi?", "completion": "Yes."},
        Sample((), "Yes.", text="[INST] Hi?"),
    ),
    "prompt and completion of messages": ({"prompt": [USER], "completion": [SAID]}, ASKED),
    "a prompt alone": ({"prompt": "Hi?"}, Sample(text="Hi?")),
    "instruction": ({"instruction": "Hi?", "input": "", "output": "Yes."}, ASKED),
    "instruction with input": (
        {"instruction": "Say", "input": "it", "response": "Yes."},
        Sample(({"role": "user", "content": "Say\nit"},), "Yes.", SAID),
    ),
    "instances": ({"instruction": "Hi?", "instances": [{"input": "", "output": "Yes."}]}, ASKED),
    "KTO, wanted": ({"messages": [USER, SAID], "label": True}, ASKED),
    "KTO, not wanted": ({"messages": [USER, SAID], "label": False}, Sample((USER,))),
    "a label that is none of KTO": ({"messages": [USER, SAID], "label": "greeting"}, ASKED),
    "DPO": ({"conversations": SHAREGPT[:1], "chosen": SHAREGPT[1], "rejected": {"from": "gpt", "value": "No."}}, ASKED),
    "DPO of texts": ({"prompt": "Hi?", "chosen": "Yes.", "rejected": "No."}, PLAIN),
    "DPO of whole conversations": ({"prompt": "Hi?", "chosen": [USER, SAID], "rejected": [USER, USER]}, ASKED),
    "text": ({"text": "one two three four"}, Sample(ground_truth=" three four", text="one two")),
}


def written(folder: Path, name: str, text: str) -> SampleFile:
    (folder / name).write_text(text, encoding="utf-8")
    return read_samples(folder / name)


@pytest.mark.parametrize(("row", "sample"), ROWS.values(), ids=ROWS)
def test_a_row_is_taken_apart(tmp_path: Path, row: dict[str, Any], sample: Sample) -> None:
    found = written(tmp_path, "data.jsonl", json.dumps(row))
    assert found.samples == (sample,)
    assert found.bad_rows == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.json", '[{"prompt": "Hi?",\n "completion": "Yes."}]'),
        ("wrapped.json", '{"data": [{"prompt": "Hi?", "completion": "Yes."}]}'),
        ("data.csv", 'prompt,completion\n"Hi?",Yes.\n'),
        ("data.tsv", "Completion\tPrompt\nYes.\tHi?\n"),
    ],
)
def test_the_same_sample_comes_out_of_every_kind_of_file(tmp_path: Path, name: str, text: str) -> None:
    assert written(tmp_path, name, text).samples == (PLAIN,)


def test_parquet_is_read_with_its_lists(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist([{"messages": [USER, SAID]}]), tmp_path / "data.parquet")  # pyright: ignore
    assert read_samples(tmp_path / "data.parquet").samples == (ASKED,)


def test_messages_in_a_cell_are_json(tmp_path: Path) -> None:
    cell = json.dumps([USER, SAID]).replace('"', '""')
    assert written(tmp_path, "data.csv", f'id,messages\n1,"{cell}"\n').samples == (ASKED,)


def test_plain_text_gives_its_paragraphs_and_no_headings(tmp_path: Path) -> None:
    first, second = "one two " * 20, "three four " * 200
    found = written(tmp_path, "book.txt", f"CHAPTER I\n\n{first}\n\n{second}\n")
    assert [sample.text + str(sample.ground_truth) for sample in found.samples] == [
        first.strip(),
        ("three four " * 73)[:800].rsplit(maxsplit=1)[0],
    ]
    assert not any(sample.is_whole for sample in found.samples)


def test_bad_rows_are_named_and_left_out(tmp_path: Path) -> None:
    bad: list[dict[str, Any]] = [
        {"messages": [{"role": "narrator", "content": "Once"}]},
        {"messages": [SAID]},
        {"messages": [{"role": "user", "content": [{"type": "image", "url": "x"}]}, SAID]},
        {"prompt": "Hi?", "completion": " "},
        {"colour": "red"},
    ]
    rows = [*map(json.dumps, bad), '{"prompt":', json.dumps({"prompt": "Hi?", "completion": "Yes."})]
    found = written(tmp_path, "data.jsonl", "\n".join(rows))
    assert found.samples == (PLAIN,)
    assert [row.line for row in found.bad_rows] == [1, 2, 3, 4, 5, 6]
    told = [row.problem for row in found.bad_rows]
    assert [text.split(":")[0].split(";")[0] for text in told] == [
        "'narrator' is no role of a message",
        "nothing is asked before the answer",
        "holds a part of the type 'image'",
        "the answer is empty",
        "of no known format",
        "not valid JSON",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "data.csv",
            "colour,size\nred,1\n",
            "data.csv:1: no column is known among 'colour', 'size'; expected are messages",
        ),
        (
            "data.jsonl",
            '{"colour": "red"}',
            "none of 1 rows can be used; .*: of no known format: it has 'colour'; expected",
        ),
        ("data.json", "[]", "no samples: it has no rows; expected are messages"),
        ("data.json", "[{", "not valid JSON|cut off"),
        ("data.txt", "", "the file is empty"),
    ],
)
def test_a_file_without_samples_says_what_is_expected(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(SamplesError, match=said) as refused:
        written(tmp_path, name, text)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match=r"nothing\.jsonl: no such file"):
        read_samples(tmp_path / "nothing.jsonl")
    with pytest.raises(SamplesError, match="is a folder: name one file of it"):
        read_samples(tmp_path)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "form", "samples", "truths"),
    [
        ("alpaca_identity.json", "instructions", 91, 91),
        ("alpaca_like_gpteacher_toolformer_first200.json", "instructions", 200, 200),
        ("dpo_sharegpt_en_first60.json", "DPO", 60, 60),
        ("kto_messages_label_en_99.json", "KTO", 99, 50),
        ("messages_typed_content_identity91.jsonl", "conversations", 91, 91),
        ("prompt_completion_common_gen.jsonl", "prompt and completion", 200, 200),
        ("selfinstruct_seed_tasks.jsonl", "instructions", 175, 175),
        ("selfinstruct_user_oriented_instructions.jsonl", "instructions", 252, 252),
        ("sharegpt_dummy_conversation.json", "conversations", 500, 500),
        ("sharegpt_tools_glaive_en_first120.json", "conversations", 120, 120),
        ("plain_text_gatsby_part1.txt", "plain text", 184, 184),
    ],
)
def test_published_files_are_read_whole(name: str, form: str, samples: int, truths: int) -> None:
    folder = os.environ.get("EVALFLOWS_TEST_CORPUS")
    if not folder:
        pytest.skip("EVALFLOWS_TEST_CORPUS names no folder with datasets/")
    found = read_samples(Path(folder) / "datasets" / name)
    with_truth = sum(sample.ground_truth is not None for sample in found.samples)
    assert (found.format, len(found.samples), with_truth, found.bad_rows) == (form, samples, truths, ())
