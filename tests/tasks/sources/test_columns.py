"""Columns named by the user, and columns recognised only where their values fit."""

import pytest

from tasks.sources.base import SourceError
from tests.tasks.sources.conftest import Loader


def test_columns_name_what_is_not_recognised(load: Loader) -> None:
    loaded = load(
        "a.csv",
        "fall,wer,was,absicht,id\n1,Kunde,hallo,gruss/wetter,x\n1,Maschine,guten Tag,,y\n",
        columns="thread_id=fall,role=wer,text=was,expected_intents=absicht,intent_separator:=/,role.kunde=user,role.*=assistant",
    )
    assert loaded.texts == {"1": ["hallo", "guten Tag"]}
    assert loaded.roles == ["user", "assistant"]
    assert loaded.threads[0].messages[0].expected_intents == ("gruss", "wetter")


def test_columns_name_keys_inside_messages(load: Loader) -> None:
    loaded = load(
        "a.json",
        '[{"key": "k", "lines": [{"p": 2, "s": "bot", "t": "b"}, {"p": 1, "s": "user", "t": "a"}]}]',
        columns="thread_id=key,messages=lines,role=s,text=t,index=p",
    )
    assert loaded.texts == {"k": ["a", "b"]}


def test_a_role_can_be_switched_off(load: Loader) -> None:
    loaded = load("a.csv", "thread_id,role,text,step\n1,user,a,2\n1,bot,b,1\n", columns="index=")
    assert loaded.texts == {"1": ["a", "b"]}


def test_a_constant_role_serves_a_file_without_speakers(load: Loader) -> None:
    assert load("a.csv", "thread_id,text\n1,a\n", columns="role:=assistant").roles == ["assistant"]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ("text=absent", "no column 'absent' .* there are: 'thread_id', 'role', 'text'"),
        ("what=text", "'what' in 'what=text' is not known"),
        ("text", "'text' is not ROLE=COLUMN"),
        ("role.bot=robot", "'robot' in 'role.bot=robot' is not a role"),
        ("colour:=red", "'colour' in 'colour:=red' is not known"),
    ],
)
def test_columns_that_are_not_understood_are_refused(load: Loader, columns: str, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        load("a.csv", "thread_id,role,text\n1,user,a\n", columns=columns)


def test_a_column_of_a_known_name_that_does_not_fit_stays_metadata(load: Loader) -> None:
    loaded = load("a.csv", "thread_id,role,text,date,order\n1,user,a,blind,pizza\n1,bot,b,first,pasta\n")
    assert loaded.threads[0].messages[0].metadata == {"date": "blind", "order": "pizza"}
    assert loaded.bad == []


def test_an_id_column_that_never_repeats_is_the_message_s_not_the_thread_s(load: Loader) -> None:
    assert load("a.csv", "id,role,text\n1,user,a\n2,bot,b\n").ids == ["a.csv"]
    assert load("a.csv", "id,role,text\n1,user,a\n1,bot,b\n2,user,c\n").ids == ["1", "2"]
