"""Each mail in each of our languages: nothing of English is left, and the direction is right."""

import pytest
from django.conf import settings

from channels.message import Marks
from govnotify.lib.languages import direction
from tests.unit.message.builders import DATE
from tests.unit.message.english import left_over
from tests.unit.message.mails import CONTEXTS, render

TRANSLATED = [tag for tag, _ in settings.LANGUAGES if tag != "en"]
MONTH = {"ar": "نوفمبر", "es": "noviembre", "fr": "novembre", "ro": "noiembrie", "uk": "листопада"}


@pytest.mark.parametrize("name", CONTEXTS)
def test_english_is_found(name: str) -> None:
    assert left_over(name, *render(name, Marks()))


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("name", CONTEXTS)
def test_a_mail_is_whole_in_every_language(name: str, language: str) -> None:
    subject, text, html = render(name, Marks(), language=language, dir=direction(language))
    assert left_over(name, subject, text, html) == set()
    assert f'<html lang="{language}" dir="{direction(language)}">' in html
    if name != "bulletin":  # whose subject is its title
        assert subject != render(name, Marks())[0]


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("name", ["alert", "digest"])
def test_dates_are_those_of_the_language(name: str, language: str) -> None:
    assert DATE.month == 11
    subject, text, html = render(name, Marks(), language=language, dir=direction(language))
    assert "November" not in subject + text + html
    assert MONTH[language] in text
