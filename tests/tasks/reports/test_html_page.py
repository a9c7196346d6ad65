"""The frame of the report: nothing from outside, one script and one style named by their hashes."""

import base64
import hashlib
import json
import re
from importlib.resources import files

import pytest

from tasks.reports.encoding import script_json
from tasks.reports.page import SCRIPTS, STYLES, make_page


def frame() -> str:
    page = make_page("a title")
    return (page.head + page.tail).decode()


@pytest.mark.parametrize("tag", ["script", "style"])
def test_the_policy_allows_exactly_the_inline_code_there_is(tag: str) -> None:
    found: list[str] = re.findall(rf"<{tag}>(.*?)</{tag}>", frame(), re.DOTALL)
    assert len(found) == 1
    digest = base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()
    assert f"{tag}-src 'sha256-{digest}'" in frame()
    assert "default-src 'none'" in frame()


def test_the_page_names_nothing_outside_itself() -> None:
    without_namespaces = frame().replace("http://www.w3.org/2000/svg", "")
    assert (
        re.findall(r"https?:|//[a-z]+\.|@import|url\(|\bsrc=|fetch\(|XMLHttpRequest|import\(", without_namespaces) == []
    )


def test_the_scripts_never_make_markup_from_text() -> None:
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc"
    assert re.findall(sinks, frame()) == []


def test_every_file_of_the_template_is_in_the_page() -> None:
    shipped = {file.name for file in files("tasks.reports.template").iterdir() if file.name.endswith((".js", ".css"))}
    assert shipped == {*SCRIPTS, *STYLES}


@pytest.mark.parametrize("title", ["</title><script>", "$style ${script}", "<!-- data -->", "lone \ud800", "'\">&"])
def test_a_hostile_title_stays_a_title(title: str) -> None:
    page = make_page(title)
    assert page.head.count(b"<title>") == page.head.count(b"</title>") == 1
    assert (page.head + page.tail).count(b"<script") == 2
    assert page.head.endswith(b'id="data">')


@pytest.mark.parametrize(
    "text",
    [
        "</script>",
        "<!--<script>",
        "]]>",
        "&lt;",
        "\u2028\u2029",
        "\x00\x07",
        "\ud800 alone",
        "\\u003c",
        '"]}',
        "\U0001f600",
    ],
)
def test_any_text_survives_and_none_leaves_its_script(text: str) -> None:
    encoded = script_json({"text": text, text: [text]})
    expected = text.replace("\ud800", "?")
    assert json.loads(encoded) == {"text": expected, expected: [expected]}
    assert not set(b"<>&") & set(encoded)
    assert "\u2028" not in encoded.decode()
    assert "\u2029" not in encoded.decode()
