"""The mail that arrives, by the rules: headers, languages, parts, unsubscribe."""

import re

import pytest

from agencies.models import Agency, Role
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from channels.tokens import read_return_path, read_unsubscribe_token
from subscriptions.keys import signer
from subscriptions.models import Subscriber
from tests.engine import work_through
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
WITH_ARABIC = [("en", "English"), ("ar", "Arabic")]  # what our own phrases are in
ENGLISH = VariantText(language="en", title="River – level", body="The river **rises**.\n\n.dot first")
ARABIC = VariantText(language="ar", title="منسوب النهر", body="النهر **يرتفع**.")


def sent_to_one(inbox, *texts: VariantText, language: str = "en", agency: Agency | None = None, **names):
    agency = agency or an_agency()
    topic = a_topic(agency, "floods", "Floods", **names)
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


def test_agency_and_topics_have_their_names_in_the_reader_s_language(inbox):
    agency = an_agency(translations={"ar": {"name": "وزارة المياه"}})
    mail, _, _ = sent_to_one(inbox, ARABIC, language="ar", agency=agency, translations={"ar": {"name": "الفيضانات"}})
    assert mail.message["From"].addresses[0].display_name == "وزارة المياه"
    for part in ("plain", "html"):
        assert "وزارة المياه" in mail.text(part)
        assert "الفيضانات" in mail.text(part)
        assert "Floods" not in mail.text(part)


def test_our_own_phrases_are_marked_where_they_are_not_in_the_language_of_the_text(inbox, settings):
    settings.LANGUAGES = WITH_ARABIC[:1]
    html = sent_to_one(inbox, ARABIC, language="ar")[0].text("html")
    assert '<html lang="ar" dir="rtl">' in html
    assert re.search(r'class="footer"[^>]* lang="en"', html)
    assert re.search(r'class="footer"[^>]* dir="ltr"', html)


def test_they_are_not_marked_where_they_are(inbox, settings):
    settings.LANGUAGES = WITH_ARABIC
    html = sent_to_one(inbox, ARABIC, language="ar")[0].text("html")
    assert 'lang="en"' not in html
    assert 'dir="ltr"' not in html


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("", "The river rises. .dot first"),
        ("Keep away from the banks.", "Keep away from the banks. The river rises. .dot first"),
        ("The river rises.", "The river rises. .dot first"),
    ],
)
def test_inboxes_show_summary_and_text_beside_the_subject_and_nothing_twice(inbox, summary, shown):
    text = VariantText(language="en", title=ENGLISH.title, body=ENGLISH.body, summary=summary)
    html = sent_to_one(inbox, text)[0].text("html")
    assert re.findall(r'<div class="preheader"[^>]*>([^<]*)</div>', html) == [shown]


def test_a_mail_leads_to_the_statements_of_the_agency(inbox, settings):
    mail, _, topic = sent_to_one(inbox, ENGLISH)
    for page in ("privacy", "accessibility"):
        address = f"{settings.SITE_URL}/agencies/{topic.agency.slug}/{page}/"
        assert address in mail.text("plain").split()
        assert f'href="{address}"' in mail.text("html")


def test_a_long_table_takes_no_style_for_each_cell(inbox):
    rows = "\n".join(f"| {number} | {number} |" for number in range(100))
    table = VariantText(language="en", title="Levels", body=f"| a | b |\n|---|---|\n{rows}")
    html = sent_to_one(inbox, table)[0].text("html")
    assert html.count("<td>99</td>") == 2
