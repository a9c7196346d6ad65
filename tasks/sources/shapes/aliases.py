"""Column names and speaker words in common use, by meaning; compared without case, spaces and punctuation."""

import re
from functools import lru_cache

from storage.records import Role

_PUNCTUATION = re.compile(r"[\W_]+")

THREAD_ID = (
    "thread_id conversation_id convo_id conv_id dialogue_id dialog_id chat_id session_id call_id ticket_id "
    "conversation_uuid thread_uuid thread conversation_key interaction_id task_id"
)
RECORD_ID = f"{THREAD_ID} id uuid _id question_id sample_id prompt_id"
USER_ID = "user_id customer_id profile_id client_id visitor_id account_id member_id user_uuid uid"
TITLE = "title subject thread_name thread_title conversation_title conversation_name chat_title"
INDEX = (
    "index message_index message_number msg_index turn_index turn_number turn_id turn_no turn turn_idx "
    "message_idx idx seq sequence sequence_number position step order utterance_index line_number"
)
SENTENCE = "sentence_number sentence_index sentence_id sent_id sentence_no"
CREATED_AT = (
    "created_at timestamp time datetime date sent_at message_time message_timestamp created created_time "
    "create_time event_time date_time ts occurred_at utc_time message_date creation_date"
)
ROLE = (
    "role speaker from sender author actor speaker_role sender_type author_role participant message_role "
    "sender_role speaker_type who direction author_type from_role source_role sender_name"
)
TEXT = (
    "text content utterance message value message_text body sentence message_content msg utterance_text "
    "message_body transcript speech input_text parts"
)
QUERY = (
    "query query_text user_query question user_message user_text user_input prompt instruction input request "
    "customer_message user_utterance user human question_text customer"
)
REPLY = (
    "reply final_response_message response answer bot_response assistant_message bot_message response_text "
    "reply_text output completion assistant response_message bot_reply bot_text agent_response answer_text "
    "final_response model_response bot assistant_response agent_message ai_response"
)
RECORDED_INTENTS = (
    "recorded_intents recorded_intent intent_detected detected_intent detected_intents intents_detected "
    "predicted_intent predicted_intents bot_intent classified_intent intent_predicted"
)
EXPECTED_INTENTS = (
    "expected_intents expected_intent intent intents intent_label true_intent gold_intent intent_expected "
    "labelled_intent labeled_intent correct_intent intent_labels"
)
LABEL = f"{EXPECTED_INTENTS} category label labels"
RECORDED_QUERY_TYPE = (
    "recorded_query_type intent_query_type query_type query_type_detected detected_query_type predicted_query_type"
)
EXPECTED_QUERY_TYPE = "expected_query_type true_query_type gold_query_type query_type_label query_type_expected"
HAS_IMAGE = "has_image image_attached has_images with_image contains_image image_present"
LAST_ACTIVE = "last_active updated_at ended_at last_message_at end_time"
SUCCESS = (
    "success labelled_success labeled_success success_status is_success task_success success_label was_successful "
    "resolved is_resolved issue_resolved"
)
MESSAGES = (
    "messages conversations conversation utterances turns dialogue dialog original chat transcript history traj "
    "trajectory log interactions exchanges message_list chat_history conversation_history"
)
TOOL_CALLS = "tool_calls"
TOOL_CALL_ID = "tool_call_id"

ROLES_OF_COLUMNS = (
    "thread_id",
    "user_id",
    "name",
    "index",
    "sentence",
    "created_at",
    "last_active",
    "role",
    "text",
    "query",
    "reply",
    "messages",
    "recorded_intents",
    "expected_intents",
    "recorded_query_type",
    "expected_query_type",
    "has_image",
    "success",
    "tool_calls",
    "tool_call_id",
)

SPEAKERS: dict[Role, str] = {
    "user": "user customer human prompter client query visitor caller patient guest buyer end_user enduser member "
    "shopper inbound incoming consumer usr u requester wizard_user",
    "assistant": "assistant bot agent gpt model ai chatbot chatgpt operator advisor support virtual_assistant "
    "outbound outgoing ai_assistant human_agent live_agent representative rep csr helpdesk claude llm a wizard",
    "system": "system developer sys instructions",
    "tool": "tool function observation action tool_result function_response tool_response tool_output api ipython "
    "function_result",
}
TOOL_CALL_SPEAKERS = frozenset({"functioncall", "toolcall"})


def normalise(name: str) -> str:
    """A name without case, spaces and punctuation: `conversationId`, `Conversation ID` become `conversationid`."""
    return _PUNCTUATION.sub("", name).casefold()


@lru_cache(maxsize=64)
def ranks(names: str) -> dict[str, int]:
    """Rank by normalised name, the most telling first."""
    return {name: rank for rank, name in enumerate(dict.fromkeys(map(normalise, names.split())))}


def _roles_by_word() -> dict[str, Role]:
    by_word: dict[str, Role] = {word: "assistant" for word in TOOL_CALL_SPEAKERS}
    for role, words in SPEAKERS.items():
        for word in words.split():
            by_word[normalise(word)] = role
    return by_word


ROLE_BY_WORD = _roles_by_word()


@lru_cache(maxsize=4096)
def is_known(name: str) -> bool:
    """True for a column name that can play a role."""
    every = (RECORD_ID, USER_ID, TITLE, INDEX, CREATED_AT, ROLE, TEXT, QUERY, REPLY, RECORDED_INTENTS, LABEL, MESSAGES)
    return any(normalise(name) in ranks(names) for names in every)
