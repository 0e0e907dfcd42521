"""The mail that arrives, by the rules: headers, languages, parts, unsubscribe."""

import pytest

from agencies.models import Role
from alerts.drafting import VariantText, create_bulletin
from alerts.publishing import publish_bulletin
from channels.tokens import read_return_path, read_unsubscribe_token
from subscriptions.keys import signer
from subscriptions.models import Subscriber
from tests.engine import work_through
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
ENGLISH = VariantText(language="en", title="River – level", body="The river **rises**.\n\n.dot first")
ARABIC = VariantText(language="ar", title="منسوب النهر", body="النهر **يرتفع**.")


def sent_to_one(inbox, *texts: VariantText, language: str = "en"):
    agency = an_agency()
    topic = a_topic(agency, "floods", "Floods")
    listeners([topic], people=1)
    Subscriber.objects.update(language=language)
    editor = a_person(agency, Role.PUBLISHER)
    bulletin = create_bulletin(agency=agency, topics=[topic], variants=texts, author=editor)
    dispatch = publish_bulletin(bulletin=bulletin, publisher=editor)
    work_through()
    return inbox.to("citizen0@example.org"), dispatch, topic


def test_headers_follow_the_rules(inbox, settings):
    mail, dispatch, topic = sent_to_one(inbox, ENGLISH)
    message = mail.message
    person = Subscriber.objects.get()
    assert message["From"] == "Ministry of Water <bulletins@water.example>"
    assert message["To"] == "citizen0@example.org"
    assert message["Subject"] == "River – level"
    assert message["List-Id"] == '"Floods" <floods.water.water.example>'
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Post"] == "NO"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["Feedback-ID"] == f"{dispatch.pk}:water:routine:govnotify"
    assert message["Content-Language"] == "en"
    assert message["Message-ID"].endswith("@water.example>")
    address = str(message["List-Unsubscribe"])
    assert address.startswith(f"<{settings.SITE_URL}/u/")
    token = read_unsubscribe_token(signer(), address.strip("<>").rpartition("/")[2])
    assert (token.subscriber_id, token.topic_ids) == (person.pk, (topic.pk,))
    named = read_return_path(signer(), mail.sender)
    assert (named.dispatch_id, named.recipient_id) == (dispatch.pk, person.pk)
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998


def test_both_parts_say_the_same_and_carry_the_unsubscribe_link(inbox):
    mail, _, _ = sent_to_one(inbox, ENGLISH)
    assert "The river rises." in mail.text("plain")
    assert ".dot first" in mail.text("plain")
    assert "<strong>rises</strong>" in mail.text("html")
    token = str(mail.message["List-Unsubscribe"]).strip("<>")
    assert token in mail.text("plain")
    assert token in mail.text("html")


def test_everybody_reads_their_own_language_where_there_is_one(inbox):
    mail, _, _ = sent_to_one(inbox, ENGLISH, ARABIC, language="ar")
    assert mail.message["Subject"] == "منسوب النهر"
    assert mail.message["Content-Language"] == "ar"
    assert "النهر يرتفع" in mail.text("plain")
    assert 'dir="rtl"' in mail.text("html")


def test_without_their_language_they_read_the_agencys(inbox):
    mail, _, _ = sent_to_one(inbox, ARABIC, ENGLISH, language="uk")
    assert mail.message["Subject"] == "River – level"
