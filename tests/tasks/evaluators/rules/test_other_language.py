"""Answers in a language other than the user's: by script, by function words, by the detector."""

import subprocess
import sys

import pytest

from tests.tasks.evaluators.rules.talks import found, talk

GERMAN = "Guten Tag, ich habe vor zwei Wochen ein Zelt bestellt und es ist immer noch nicht bei mir angekommen."
ENGLISH = "Your parcel left our warehouse yesterday and you will have it on Thursday, between nine and twelve."
FRENCH = "Votre colis a quitt\u00e9 notre entrep\u00f4t hier et vous le recevrez jeudi, entre neuf heures et midi."
SPANISH = (
    "Hola, hice un pedido hace dos semanas y todav\u00eda no me ha llegado nada, \u00bfd\u00f3nde est\u00e1 mi paquete?"
)
RUSSIAN = (
    "\u0413\u0434\u0435 \u043c\u043e\u044f "
    "\u043f\u043e\u0441\u044b\u043b\u043a\u0430? \u0416\u0434\u0443 "
    "\u0443\u0436\u0435 \u0434\u0432\u0435 "
    "\u043d\u0435\u0434\u0435\u043b\u0438."
)
RUSSIAN_REPLY = (
    "\u0412\u0430\u0448\u0430 \u043f\u043e\u0441\u044b\u043b\u043a\u0430 "
    "\u0432\u0447\u0435\u0440\u0430 \u043f\u043e\u043a\u0438\u043d\u0443\u043b\u0430 "
    "\u0441\u043a\u043b\u0430\u0434 \u0438 "
    "\u043f\u0440\u0438\u0434\u0451\u0442 \u0432 "
    "\u0447\u0435\u0442\u0432\u0435\u0440\u0433."
)
CHINESE = (
    "\u6211\u7684\u5305\u88f9\u5728\u54ea\u91cc\uff1f\u5df2\u7ecf\u7b49\u4e86 \u4e24\u4e2a\u661f\u671f\u4e86\u3002"
)
ASKED_IN_ENGLISH = "Hello, I ordered a tent two weeks ago and it has still not arrived. Where is it?"

OTHER = [
    (GERMAN, ENGLISH),
    (ASKED_IN_ENGLISH, FRENCH),
    (SPANISH, ENGLISH),
    (RUSSIAN, ENGLISH),
    (CHINESE, ENGLISH),
    (ASKED_IN_ENGLISH, RUSSIAN_REPLY),
]
SAME = [
    (ASKED_IN_ENGLISH, ENGLISH),
    (RUSSIAN, RUSSIAN_REPLY),
    (f"Please translate this into French: {GERMAN}", FRENCH),
    ("ok", FRENCH),
    (GERMAN, "Okay!"),
    (ASKED_IN_ENGLISH, "Track it here: https://carrier.example/en/parcel/4471?lang=en&ref=mail"),
    (CHINESE, "\u8bf7\u6253\u5f00 https://carrier.example \u67e5\u770b PL-4471 \u7684\u72b6\u6001"),
    ("Do you speak Russian?", RUSSIAN_REPLY),
    (CHINESE, "```\nSELECT status FROM parcels WHERE id = 4471 AND carrier = 'royal'\n```"),
    ("Bonjour, my order 4471 please", FRENCH),
]


@pytest.mark.parametrize("texts", OTHER)
def test_an_answer_in_another_language_is_a_hard_fail(texts: tuple[str, str]) -> None:
    (finding,) = found("other_language", talk(*texts))
    assert (finding.index, finding.verdict) == (1, "HARD FAIL")


@pytest.mark.parametrize("texts", SAME)
def test_the_users_language_or_one_asked_for_is_fine(texts: tuple[str, str]) -> None:
    assert found("other_language", talk(*texts)) == []


def test_the_detector_is_not_loaded_for_an_ordinary_english_thread() -> None:
    program = f"""
import sys
from tests.tasks.evaluators.rules.talks import found, talk
found("other_language", talk({ASKED_IN_ENGLISH!r}, {ENGLISH!r}))
print("py3langid" in sys.modules, "numpy" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "False"]
