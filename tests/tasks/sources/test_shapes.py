"""The shapes of conversations, recognised by themselves or named with columns."""

from datetime import UTC, datetime

from storage.records import ToolCall
from tests.tasks.sources.conftest import Loader

NOON = datetime(2024, 5, 31, 12, tzinfo=UTC)


def test_a_turn_a_row_gives_a_question_and_its_reply(load: Loader) -> None:
    loaded = load(
        "a.csv",
        "thread_id,user_id,timestamp,query_text,final_response_message,intent_detected,intent_query_type,has_image\n"
        "t1,u1,2024-05-31 12:05:00,and this?,,order<div>refund,faq,true\n"
        "t1,u1,2024-05-31 12:00:00,where is it,On its way.,order,chat,false\n",
    )
    (thread,) = loaded.threads
    assert loaded.texts == {"t1": ["where is it", "On its way.", "and this?", ""]}
    assert loaded.roles == ["user", "assistant", "user", "assistant"]
    assert thread.user_id == "u1"
    assert (thread.created_at, thread.last_active) == (NOON, NOON.replace(minute=5))
    assert thread.messages[2].recorded_intents == ("order", "refund")
    assert thread.messages[2].recorded_query_type == "faq"
    assert [message.has_image for message in thread.messages] == [False, False, True, False]
    assert loaded.report.recognised[0].shape == "turns"


def test_a_message_a_row_is_ordered_by_its_index(load: Loader) -> None:
    loaded = load(
        "a.csv",
        "conversationId,turnNumber,speaker,utterance,intent\n7,10,bot,last,\n7,2,customer,first,greet\n8,1,agent,x,\n",
    )
    assert loaded.texts == {"7": ["first", "last"], "8": ["x"]}
    assert loaded.threads[0].messages[0].expected_intents == ("greet",)


def test_messages_without_an_index_are_ordered_by_time_where_all_have_one(load: Loader) -> None:
    header = "session_id,role,content,created_at\n"
    timed = load("a.csv", header + "1,bot,b,2024-01-02T10:00:00+02:00\n1,user,a,2024-01-02T07:00:00Z\n")
    assert timed.texts == {"1": ["a", "b"]}
    partly = load("a.csv", header + "1,bot,b,2024-01-02T10:00:00\n1,user,a,\n")
    assert partly.texts == {"1": ["b", "a"]}


def test_sentences_of_one_turn_become_one_message(load: Loader) -> None:
    loaded = load(
        "a.tsv",
        "conversationId\tturnNumber\tsentenceNumber\tutterance\tintent\ttags\n"
        "1\t3\t0\tbye\tend\tO\n1\t1\t1\tblock it\tother\tO B\n1\t1\t0\tI lost my card\tlost\tO\n",
    )
    (thread,) = loaded.threads
    assert [message.text for message in thread.messages] == ["I lost my card block it", "bye"]
    assert thread.messages[0].expected_intents == ("lost", "other")
    assert thread.messages[0].metadata == {"tags": ["O", "O B"]}
    assert loaded.report.recognised[0].notes == ("no column is known as role: all messages are the user's",)


def test_a_text_and_its_label_a_row_are_threads_of_one_message(load: Loader) -> None:
    loaded = load("a.csv", 'text,category\n"where, is it",order\nhi,greet\n')
    assert loaded.texts == {"a.csv:1": ["where, is it"], "a.csv:2": ["hi"]}
    assert loaded.threads[0].messages[0].expected_intents == ("order",)


def test_texts_with_lists_of_intents_are_read_also_where_a_list_is_missing(load: Loader) -> None:
    loaded = load("a.json", '[{"text": "a", "intents": ["x", "y"]}, {"text": "b"}]')
    assert [thread.messages[0].expected_intents for thread in loaded.threads] == [("x", "y"), ()]


def test_openai_messages_keep_tool_calls_and_typed_content(load: Loader) -> None:
    loaded = load(
        "a.jsonl",
        '{"id": "1", "messages": [{"role": "developer", "content": "be kind"},'
        ' {"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {}}]},'
        ' {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function",'
        ' "function": {"name": "find", "arguments": "{\\"q\\": 1}"}}]},'
        ' {"role": "tool", "tool_call_id": "c1", "content": "found"}]}',
    )
    system, user, assistant, tool = loaded.threads[0].messages
    assert loaded.roles == ["system", "user", "assistant", "tool"]
    assert (system.text, user.text, user.has_image) == ("be kind", "see", True)
    assert (assistant.text, assistant.tool_calls) == ("", (ToolCall(id="c1", name="find", arguments={"q": 1}),))
    assert (tool.text, tool.tool_call_id) == ("found", "c1")


def test_sharegpt_function_calls_become_tool_calls(load: Loader) -> None:
    loaded = load(
        "a.json",
        '[{"conversations": [{"from": "human", "value": "q"}, {"from": "function_call",'
        ' "value": "{\\"name\\": \\"f\\", \\"arguments\\": {\\"x\\": 1}}"}, {"from": "observation", "value": "r"},'
        ' {"from": "gpt", "value": "done"}], "tools": "[]"}]',
    )
    assert loaded.roles == ["user", "assistant", "tool", "assistant"]
    assert loaded.threads[0].messages[1].tool_calls == (ToolCall(name="f", arguments={"x": 1}),)
    assert loaded.threads[0].metadata == {"tools": "[]"}


def test_anthropic_tool_use_and_results_are_read(load: Loader) -> None:
    loaded = load(
        "a.json",
        '[{"id": "1", "messages": [{"role": "assistant", "content": [{"type": "text", "text": "wait"},'
        ' {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}}]},'
        ' {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]}]}]',
    )
    call, result = loaded.threads[0].messages
    assert (call.text, call.tool_calls) == ("wait", (ToolCall(id="t", name="f", arguments={"x": 1}),))
    assert (result.role, result.text, result.tool_call_id) == ("tool", "ok", "t")


def test_speaker_and_text_pairs_in_a_record_are_messages(load: Loader) -> None:
    loaded = load(
        "a.json", '[{"convo_id": 5, "original": [["agent", "hi"], ["customer", "yo"], ["action", "looked up"]]}]'
    )
    assert loaded.texts == {"5": ["hi", "yo", "looked up"]}
    assert loaded.roles == ["assistant", "user", "tool"]


def test_system_is_the_bot_where_it_answers_the_user_and_nobody_else_does(load: Loader) -> None:
    turns = '[{"speaker": "USER", "utterance": "a"}, {"speaker": "SYSTEM", "utterance": "b"}]'
    research = f'[{{"dialogue_id": "1", "turns": {turns}}}]'
    assert load("a.json", research).roles == ["user", "assistant"]
    prompt = '[{"id": "1", "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]}]'
    assert load("a.json", prompt).roles == ["system", "user"]


def test_messages_as_json_in_a_csv_cell_are_read(load: Loader) -> None:
    assert load("a.csv", 'id,messages\n1,"[{""role"": ""user"", ""content"": ""hi""}]"\n').texts == {"1": ["hi"]}


def test_a_record_says_user_name_success_and_times(load: Loader) -> None:
    loaded = load(
        "a.json",
        '[{"id": "1", "user_id": 9, "title": "T", "success": "no", "created_at": 1717156800,'
        ' "updated_at": 1717156860000, "channel": "web", "messages": [{"role": "user", "content": "a"}]}]',
    )
    (thread,) = loaded.threads
    assert (thread.user_id, thread.name, thread.labelled_success) == ("9", "T", False)
    assert (thread.created_at, thread.last_active) == (NOON, NOON.replace(minute=1))
    assert thread.metadata == {"channel": "web"}


def test_an_intent_of_the_record_is_that_of_its_only_question(load: Loader) -> None:
    one = '{"id": "1", "intent": "x", "messages": [{"role": "user", "content": "a"}, {"role": "bot", "content": "b"}]}'
    two = '{"id": "2", "intent": "x", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}'
    first, second = load("a.jsonl", f"{one}\n{two}\n").threads
    assert (first.messages[0].expected_intents, first.metadata) == (("x",), {})
    assert (second.messages[0].expected_intents, second.metadata) == ((), {"intent": "x"})
